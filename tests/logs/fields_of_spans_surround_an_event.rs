use super::{json, logged};
use tracing::{field::Empty, info, info_span, warn};

#[test]
fn the_inner_span_wins_over_the_outer_and_the_event_over_both() {
    let console = logged(json(), || {
        let job = info_span!("job", job_id = 7, stage = "outer", rendition = "none");
        let transcode = info_span!(parent: &job, "transcode", stage = "inner", rendition = "720p");
        let _in = transcode.enter();
        info!(rendition = "event", frames = 240, "done");
    });
    let line = console.line();
    assert_eq!(line["job_id"], 7);
    assert_eq!(line["stage"], "inner");
    assert_eq!(line["rendition"], "event");
    assert_eq!(line["frames"], 240);
}

#[test]
fn fields_that_are_recorded_later_are_there_and_the_last_value_holds() {
    let console = logged(json(), || {
        let span = info_span!("job", outcome = Empty, attempt = 1, late = Empty);
        let _in = span.enter();
        info!("before");
        span.record("outcome", "failure");
        span.record("attempt", 2);
        span.record("outcome", "success");
        info!("after");
    });
    let lines = console.lines();
    assert!(!lines[0].contains_key("outcome"), "{:?}", lines[0]);
    assert_eq!(lines[0]["attempt"], 1);
    assert_eq!(lines[1]["outcome"], "success");
    assert_eq!(lines[1]["attempt"], 2);
    assert!(!lines[1].contains_key("late"));
}

#[test]
fn a_parent_that_is_named_brings_its_fields_and_none_brings_none() {
    let console = logged(json(), || {
        let other = info_span!("other", job_id = 1);
        let current = info_span!("current", job_id = 2);
        let _in = current.enter();
        info!(parent: &other, "other");
        info!(parent: None, "none");
        info!("current");
    });
    let lines = console.lines();
    assert_eq!(lines[0]["job_id"], 1);
    assert!(!lines[1].contains_key("job_id"));
    assert_eq!(lines[2]["job_id"], 2);
}

#[test]
fn a_strict_filter_keeps_the_spans_of_what_it_lets_through() {
    let mut config = json();
    config.filter = Some("warn".into());
    let console = logged(config, || {
        let job = info_span!("job", job_id = 7);
        let _in = job.enter();
        info!("unheard");
        warn!("heard");
    });
    let line = console.line();
    assert_eq!(line["message"], "heard");
    assert_eq!(line["job_id"], 7);
}

#[test]
fn instructions_to_the_span_layer_are_not_repeated() {
    let console = logged(json(), || {
        let span = info_span!("job", otel.name = "GET /jobs", otel.kind = "server", job.type = "clip");
        let _in = span.enter();
        info!("event");
    });
    let line = console.line();
    assert_eq!(line["job.type"], "clip");
    assert!(!line.keys().any(|name| name.starts_with("otel.")), "{line:?}");
}

#[test]
fn a_console_and_another_layer_share_the_fields() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let (one, two) = (super::Console::default(), super::Console::default());
    let config = |console: &super::Console| {
        let mut config = json();
        config.writer = Some(console.writer());
        config
    };
    let (first, _guard) = telecine::logs::layers(&config(&one)).unwrap();
    let (second, _guard) = telecine::logs::layers(&config(&two)).unwrap();
    let subscriber = tracing_subscriber::registry().with(first).with(second);
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("job", job_id = 1, state = Empty);
        let _in = span.enter();
        span.record("state", "busy");
        info!("both");
    });
    for console in [one, two] {
        assert_eq!(console.line()["job_id"], 1);
        assert_eq!(console.line()["state"], "busy");
    }
}
