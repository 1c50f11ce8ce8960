use super::substitute::{forms, only_name};
use super::variables::Variables;
use crate::check::document::json;
use crate::check::query::{INTERVAL, RANGE, RATE_INTERVAL, VARIABLE, VARIABLE_NAME};

const DASHBOARD: &str = r#"{"templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)"},
    {"name": "status", "type": "custom", "query": "done, Failed : failed"},
    {"name": "window", "type": "interval", "query": "1m,5m"},
    {"name": "limit", "type": "textbox", "query": "7"}
]}}"#;

#[test]
fn variables_become_what_they_may_hold() {
    let node = json(DASHBOARD).unwrap();
    let variables = Variables::of(&node);
    let (rate, interval, range) = (RATE_INTERVAL.0, INTERVAL.0, RANGE.0);
    for (query, expected) in [
        ("up", vec!["up".to_owned()]),
        ("rate(a[$__rate_interval])", vec![format!("rate(a[{rate}])")]),
        ("a[${__range}:$__interval]", vec![format!("a[{range}:{interval}]")]),
        ("a{job=~\"$job\"}", vec![format!("a{{job=~\"{VARIABLE}\"}}")]),
        ("a{job=~'x[[job:regex]]'}", vec![format!("a{{job=~'x{VARIABLE}'}}")]),
        ("topk(5, ${job}_total)", vec![format!("topk(5, {VARIABLE_NAME}_total)")]),
        ("rate(a[$job])", vec![format!("rate(a[{rate}])")]),
        ("a offset $job", vec![format!("a offset {rate}")]),
        ("a{s=\"${status:raw}\"}", vec!["a{s=\"done\"}".to_owned(), "a{s=\"failed\"}".to_owned()]),
        ("rate(a[$window]) > $limit", vec!["rate(a[1m]) > 7".to_owned(), "rate(a[5m]) > 7".to_owned()]),
        (
            "label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")",
            vec!["label_replace(a, \"b\", \"$1\", \"c\", \"(.*)\")".to_owned()],
        ),
        ("a{b=~\"c$\"}", vec!["a{b=~\"c$\"}".to_owned()]),
    ] {
        assert_eq!(forms(query, &variables), (expected, vec![]), "{query}");
    }
    assert_eq!(forms("a{b=\"$other\"} > $more", &variables).1, ["other", "more"]);
    assert_eq!((only_name("${datasource}"), only_name("x$y"), only_name("z")), (Some("datasource"), None, None));
}
