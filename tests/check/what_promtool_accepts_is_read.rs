//! The queries of a grammar at random: what the real promtool accepts must not be said not to parse.

use std::process::Command;

use telecine::check::{Check, Code, Known};
use telecine_parts::binary;

const RULES: usize = 800;

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

fn selector(random: &mut Random) -> String {
    let name =
        random.of(&["up", "a:b:rate5m", "http_requests_total", "job", "on", "le_bucket", "sum_x", "offset_y", "inf_z"]);
    let matchers = random.of(&[
        "",
        "{}",
        "{a=\"b\"}",
        "{a!='c', b=~`d|e`,}",
        "{le=~\"3600(\\\\.0)?\"}",
        "{a=~\".+\", on=\"x\", by!~\"[a-z]{2,3}\"}",
        "{job=\"ü\\n\\\"\"}",
        "{a=~\"x{2}y{z}\"}",
    ]);
    format!("{name}{matchers}")
}

fn range(random: &mut Random) -> &'static str {
    random.of(&["[5m]", "[1h30m]", "[30s]", "[1d]", "[500ms]", "[ 2w ]", "[300]", "[1y]"])
}

fn modifier(random: &mut Random) -> &'static str {
    random.of(&["", "", "", " offset 5m", " offset -1h", " @ 1609746000", " @ start()", " @ end() offset 1h"])
}

fn matrix(random: &mut Random, depth: usize) -> String {
    if random.below(4) == 0 {
        let subquery = random.of(&["[30m:1m]", "[1h:]", "[5m:30s]"]);
        return format!("({}){subquery}{}", vector(random, depth), modifier(random));
    }
    format!("{}{}{}", selector(random), range(random), modifier(random))
}

fn scalar(random: &mut Random) -> String {
    let choices = [
        "1",
        "0.95",
        "-1",
        "1e9",
        "0x1F",
        ".5",
        "Inf",
        "+inf",
        "NaN",
        "3600",
        "time()",
        "scalar(up)",
        "1_000",
        "5m",
        "pi()",
    ];
    random.of(&choices).to_owned()
}

fn vector(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return format!("{}{}", selector(random), modifier(random));
    }
    let depth = depth - 1;
    match random.below(12) {
        0..=2 => {
            let function = random.of(&[
                "rate",
                "irate",
                "increase",
                "delta",
                "max_over_time",
                "absent_over_time",
                "resets",
                "deriv",
                "last_over_time",
                "stddev_over_time",
                "present_over_time",
            ]);
            format!("{function}({})", matrix(random, depth))
        }
        3 | 4 => {
            let operator = random.of(&["sum", "avg", "min", "max", "count", "group", "stddev"]);
            let grouping = random.of(&[" by (job, le) ", " without (instance) ", " by () ", " by (on, by,) ", ""]);
            let inner = vector(random, depth);
            if random.below(2) == 0 {
                format!("{operator}{grouping}({inner})")
            } else {
                format!("{operator}({inner}){grouping}")
            }
        }
        5 => {
            let operator = random.of(&["topk", "bottomk", "quantile"]);
            format!("{operator} by (job) ({}, {})", scalar(random), vector(random, depth))
        }
        6 => format!("count_values(\"v\", {})", vector(random, depth)),
        7 => {
            let operator = random.of(&["+", "-", "*", "/", "%", "^", "atan2", "==", "!= bool", "> bool", "<", ">="]);
            let matching = random.of(&[
                "",
                "on (job)",
                "ignoring (le)",
                "on (job) group_left (a)",
                "on () group_right ()",
                "ignoring (a) group_left",
            ]);
            format!("{} {operator} {matching} {}", vector(random, depth), vector(random, depth))
        }
        8 => {
            let operator = random.of(&["and", "or", "unless", "and on (job)", "unless ignoring (a)", "or on ()"]);
            format!("{} {operator} {}", vector(random, depth), vector(random, depth))
        }
        9 => {
            let operator = random.of(&["+", "*", "/", ">", "== bool", "^", "!="]);
            format!("{} {operator} {}", vector(random, depth), scalar(random))
        }
        10 => {
            let (inner, number) = (vector(random, depth), scalar(random));
            match random.below(9) {
                0 => format!("histogram_quantile({number}, {inner})"),
                1 => format!("label_replace({inner}, \"a\", \"$1\", \"b\", \"(.*)\")"),
                2 => format!("label_join({inner}, \"a\", \"-\", \"b\", \"c\")"),
                3 => format!("clamp_max({inner}, {number})"),
                4 => format!("round({inner})"),
                5 => format!("vector({number})"),
                6 => format!("histogram_fraction(0, {number}, {inner})"),
                7 => format!("predict_linear({}, {number})", matrix(random, 0)),
                _ => format!("quantile_over_time({number}, {})", matrix(random, 0)),
            }
        }
        _ => match random.below(7) {
            0 => format!("-{}", vector(random, depth)),
            1 => format!("({} # why\n)", vector(random, depth)),
            2 => format!("absent({})", vector(random, depth)),
            3 => format!("abs({})", vector(random, depth)),
            4 => format!("sort_desc({})", vector(random, depth)),
            5 => format!("timestamp({})", vector(random, depth)),
            _ => "{__name__=~\"node_.+\", job=\"a\"}".to_owned(),
        },
    }
}

#[test]
fn of_many_queries_at_random() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let queries: Vec<_> = (0..RULES)
        .map(|_| {
            let depth = random.below(4);
            vector(&mut random, depth)
        })
        .collect();
    let mut rules = "groups:\n  - name: g\n    rules:\n".to_owned();
    for (index, query) in queries.iter().enumerate() {
        // JSON's quoted text is YAML's.
        let query = serde_json::to_string(query).unwrap();
        rules += &format!("      - {{record: 'r{index}:x', expr: {query}}}\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yaml");
    std::fs::write(&path, &rules).unwrap();
    let output = Command::new(binary("promtool").unwrap()).args(["check", "rules", "--lint=none"]).arg(&path).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let accepted = |index: usize| !said.contains(&format!("\"r{index}:x\""));
    let of_all = (0..RULES).filter(|index| accepted(*index)).count();
    assert!(of_all > RULES / 2 && of_all < RULES, "promtool accepts {of_all} of {RULES}:\n{said}");

    let report = Check::new(Known::new()).texts([("rules.yaml", rules)]);
    let refused: Vec<_> = report.findings.iter().filter(|finding| finding.code == Code::Syntax).collect();
    // The rules begin on the fourth line, each on one.
    let wrong: Vec<_> = refused.iter().filter(|finding| accepted(finding.line - 4)).collect();
    let shown = wrong.iter().map(|finding| format!("{}\n    {}", queries[finding.line - 4], finding.reason));
    assert!(wrong.is_empty(), "{} of {of_all}:\n{}", wrong.len(), shown.collect::<Vec<_>>().join("\n"));
}
