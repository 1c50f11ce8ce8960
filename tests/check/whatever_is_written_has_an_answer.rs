//! Files that are damaged, and queries that nobody would write: there is an answer and an end.

use telecine::catalog::Catalog;
use telecine::check::{Check, Code, Known, Report};

use crate::dashboard::GOOD;

const RULES: &str = "groups:
  - name: g
    rules:
      - record: a:b
        expr: |
          histogram_quantile(0.95, sum by (le) (rate(media_job_duration_seconds_bucket{media_outcome=~\"failure|x\"}[5m])))
      - alert: A
        expr: label_replace(a:b, \"x\", \"$1\", \"job\", \"(.*)\") > 5 or absent(up offset 5m)
        for: 0s
        labels: {v: '{{ $value }}', w: \"{{ with query `up` }}{{ $labels.x }}{{ end }}\"}
";

fn check(name: &str, text: &str) -> Report {
    let mut known = Known::new();
    known.catalog(&Catalog::own(), None).unwrap();
    Check::new(known).texts([(name, text)])
}

#[test]
fn to_files_that_are_damaged() {
    let alphabet: Vec<char> = "\n\t :-?#&*|>'\"%@`{}[](),~$\\abc019é\u{feff}\u{0}\u{2028}_=".chars().collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    for round in 0..200 {
        let (name, seed) = if round % 2 == 0 { ("d.json", GOOD) } else { ("r.yaml", RULES) };
        let mut characters: Vec<char> = seed.chars().collect();
        for _ in 0..=random(6) {
            let place = random(characters.len());
            match random(3) {
                0 => characters.insert(place, alphabet[random(alphabet.len())]),
                1 => drop(characters.remove(place)),
                _ => characters[place] = alphabet[random(alphabet.len())],
            }
        }
        let report = check(name, &characters.into_iter().collect::<String>());
        let is_placed = report.findings.iter().all(|finding| finding.line > 0 && finding.column > 0);
        assert!(is_placed, "{:#?}", report.findings);
    }
}

#[test]
fn to_queries_without_an_end() {
    for query in ["(".repeat(100_000), "-".repeat(100_000) + "up", "abs(".repeat(5_000) + "up" + &")".repeat(5_000)] {
        let rules = format!("groups: [{{name: g, rules: [{{record: 'a:b', expr: '{query}'}}]}}]\n");
        let report = check("r.yaml", &rules);
        assert_eq!(report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::Syntax]);
        assert_eq!((report.queries.all, report.queries.dead), (1, 1));
    }
}
