//! What mapping rules add to a scrape of 10,000 counters and 1,000 histograms that is warm: the same series
//! with and without rules.

use std::time::Duration;

use telecine::catalog::Catalog;
use telecine::pull::mapping::{LabelRule, Mapper, Mapping, Match, Rule, Take};
use telecine::pull::{Format, Options};
use telecine::views::Views;

use crate::paired::Table;
use crate::scrape::{Attributes, on_a_thread, telecine};
use telecine::exemplar::Filter;

/// Of the time without rules.
const RENAMED: f64 = 1.25;

pub fn run() {
    let mut table = Table::new("Scrape of 10,000 counters, 1,000 histograms: mapping rules").rounds(41, Duration::ZERO);
    for (name, format, filter) in [
        ("text", Format::TEXT, Filter::AlwaysOff),
        ("OpenMetrics, exemplars", Format::OPENMETRICS, Filter::TraceBased),
        ("protobuf", Format::PROTOBUF, Filter::AlwaysOff),
    ] {
        let case = |rules: Vec<Rule>| on_a_thread(telecine(format, filter, Attributes::Shared, options(rules)));
        let plain = table.case(format!("{name}, no rules"), case(Vec::new()));
        let renamed = table.case(format!("{name}, all renamed"), case(renamed()));
        let several = table.case(format!("{name}, histograms also by count and sum"), case(several()));
        let summed = table.case(format!("{name}, added up to 7 series each"), case(summed()));
        table.compare(renamed, plain, Some(RENAMED));
        table.compare(several, plain, None);
        table.compare(summed, plain, None);
    }
    table.print();
}

fn options(rules: Vec<Rule>) -> Options {
    let catalog = Catalog::own();
    let mapping = Mapping { rules, ..Mapping::default() };
    let mapping = Mapper::new(mapping, &catalog, &Views::new(&catalog)).expect("the rules are right");
    Options { mapping, ..Options::default() }
}

fn rule(metric: &str, name: String, labels: LabelRule) -> Rule {
    let matches = Match { name: metric.to_owned(), labels: vec![] };
    Rule { matches, name: Some(name), labels, ..Rule::default() }
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(one, two)| (one.to_owned(), two.to_owned())).to_vec()
}

/// Every series is another one, under another name.
fn renamed() -> Vec<Rule> {
    let labels = LabelRule {
        rename: pairs([("rendition", "quality"), ("worker", "worker_name")]),
        values: vec![("codec".to_owned(), pairs([("h264", "avc"), ("*", "other")]))],
        ..LabelRule::default()
    };
    let counter = |metric| rule(&format!("bench.counter.{metric}"), format!("their_{metric}_total"), labels.clone());
    let histogram = rule("bench.histogram", "their_duration_seconds".to_owned(), labels.clone());
    (0..10).map(counter).chain([histogram]).collect()
}

fn several() -> Vec<Rule> {
    let take =
        |take, name: &str| Rule { take: Some(take), ..rule("bench.histogram", name.to_owned(), LabelRule::default()) };
    renamed().into_iter().chain([take(Take::Count, "their_jobs_total"), take(Take::Sum, "their_time_total")]).collect()
}

fn summed() -> Vec<Rule> {
    let labels = LabelRule { drop: vec!["worker".to_owned()], ..LabelRule::default() };
    let counter = |metric| rule(&format!("bench.counter.{metric}"), format!("their_{metric}_total"), labels.clone());
    let histogram = rule("bench.histogram", "their_duration_seconds".to_owned(), labels.clone());
    (0..10).map(counter).chain([histogram]).collect()
}
