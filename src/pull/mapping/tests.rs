use super::*;
use crate::catalog::{Catalog, job};
use crate::views::{Aggregation, CardinalityLimits, HistogramAggregation, Selector, StreamRule, Views};

fn rule(metric: &str) -> Rule {
    Rule { matches: Match { name: metric.to_owned(), labels: vec![] }, ..Rule::default() }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn faults(rules: Vec<Rule>) -> Vec<String> {
    let catalog = Catalog::own();
    let mapping = Mapping { rules, ..Mapping::default() };
    match Mapper::new(mapping, &catalog, &Views::new(&catalog)) {
        Ok(_) => Vec::new(),
        Err(Error::Faults(faults)) => faults.iter().map(Fault::to_string).collect(),
    }
}

#[test]
fn every_fault_is_found_and_names_its_place() {
    let named = |name: &str| Rule { name: Some(name.to_owned()), ..rule("a") };
    let labelled = |labels| Rule { labels, ..rule("a") };
    let renamed = |renames: &[(&str, &str)]| labelled(LabelRule { rename: pairs(renames), ..LabelRule::default() });
    let take = |metric: &str| Rule { take: Some(Take::Sum), name: Some("x".to_owned()), ..rule(metric) };
    let found = faults(vec![
        rule(""),
        Rule { matches: Match { name: "a".to_owned(), labels: vec![("b".to_owned(), vec![])] }, ..Rule::default() },
        named("job-duration"),
        named("7"),
        named(""),
        Rule { take: Some(Take::Count), ..rule("a") },
        renamed(&[("a.b", "a.b")]),
        renamed(&[("a.b", "le"), ("b", "__name__")]),
        renamed(&[("a.b", "ab"), ("a_b", "ab"), ("a.b", "other")]),
        labelled(LabelRule { keep: Some(vec![]), drop: texts(&["a"]), ..LabelRule::default() }),
        labelled(LabelRule {
            rename: pairs(&[("a.b", "ab")]),
            add: pairs(&[("ab", "1"), ("c", "1"), ("c", "2")]),
            ..LabelRule::default()
        }),
        labelled(LabelRule {
            values: vec![("s".to_owned(), pairs(&[("x", "y"), ("x", "z")])), ("s".to_owned(), vec![])],
            ..LabelRule::default()
        }),
        take(job::DURATION.name()),
        take(job::WASTED_TIME.name()),
        take("*"),
        take(job::DURATION.name()),
    ]);
    let paths: Vec<_> = found.iter().filter_map(|fault| fault.split(": ").next()).collect();
    assert_eq!(
        paths,
        [
            "rules[0].match.name",
            "rules[1].match.labels",
            "rules[2].name",
            "rules[3].name",
            "rules[4].name",
            "rules[5].name",
            "rules[6].labels.rename",
            "rules[7].labels.rename",
            "rules[7].labels.rename",
            "rules[8].labels.rename",
            "rules[8].labels.rename",
            "rules[9].labels.drop",
            "rules[10].labels.add",
            "rules[10].labels.add",
            "rules[11].labels.values",
            "rules[11].labels.values.s",
            "rules[13].take",
            "rules[15].match",
        ],
        "{found:#?}"
    );
}

#[test]
fn a_metric_is_what_views_make_of_it() {
    let catalog = Catalog::own();
    let sum = crate::views::Rule {
        selector: Selector { instrument_name: Some(job::DURATION.name().to_owned()), ..Selector::default() },
        stream: StreamRule {
            name: Some("jobs".to_owned()),
            aggregation: Some(Aggregation::Sum),
            ..StreamRule::default()
        },
    };
    let limits = CardinalityLimits::default();
    let views = Views::with_rules(&catalog, vec![sum], HistogramAggregation::default(), limits).unwrap();
    let take = |metric: &str| Rule { take: Some(Take::Count), name: Some("x".to_owned()), ..rule(metric) };
    let mapping = Mapping { rules: vec![take("jobs"), take(job::DURATION.name())], ..Mapping::default() };
    let found = mapping.faults(&catalog, &views);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].to_string(), "rules[0].take: `jobs` is a counter and has no count or sum to take");
    let explained = explain(&mapping, &catalog, &views);
    assert_eq!(explained[0].metrics, ["jobs"]);
    assert_eq!(explained[1].metrics, [""; 0]);
}

#[test]
fn a_rule_says_what_of_it_has_no_effect() {
    let catalog = Catalog::own();
    let name = job::DURATION.name();
    let labels = [("media.outcome", "sucess"), ("media.outcome", "fail*"), ("media.renditon", "720p"), ("nothing", "")];
    let labels = labels.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).to_vec();
    let rules = vec![
        Rule {
            matches: Match { name: name.to_owned(), labels },
            labels: LabelRule { rename: pairs(&[("media.job.typ", "job_type")]), ..LabelRule::default() },
            ..Rule::default()
        },
        rule("media.jobs.*"),
    ];
    let explained = explain(&Mapping { rules, ..Mapping::default() }, &catalog, &Views::new(&catalog));
    let notes: Vec<_> = explained[0].notes.iter().map(Note::to_string).collect();
    assert_eq!(
        notes,
        [
            "`media.outcome` of `media.job.duration` is never `sucess`",
            "`media.job.duration` has no attribute `media.renditon`",
            "`media.job.duration` has no attribute `media.job.typ`",
        ]
    );
    assert_eq!(explained[1], Explanation { rule: 1, metrics: vec![], notes: vec![], clashes: vec![] });
}
