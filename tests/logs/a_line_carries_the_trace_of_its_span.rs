use super::{Console, json};
use opentelemetry::{
    Context,
    trace::{TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use serde_json::{Map, Value};
use telecine::logs::{Config, Guard};
use tracing::{Dispatch, info, info_span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

fn traced(sampler: Sampler, activate: bool, mut config: Config) -> (Dispatch, Console, Guard, SdkTracerProvider) {
    let console = Console::default();
    config.writer = Some(console.writer());
    let provider = SdkTracerProvider::builder().with_sampler(sampler).build();
    let (logs, guard) = telecine::logs::layers::<Registry>(&config).unwrap();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("test")).with_context_activation(activate);
    (Dispatch::new(tracing_subscriber::registry().with(logs).with(spans)), console, guard, provider)
}

/// The ids that the span has for its tracer.
fn ids(span: &tracing::Span) -> (String, String, String) {
    let context = span.context();
    let span = context.span();
    let context = span.span_context();
    assert!(context.is_valid());
    (
        format!("{:032x}", context.trace_id()),
        format!("{:016x}", context.span_id()),
        format!("{:02x}", context.trace_flags()),
    )
}

fn of(line: &Map<String, Value>) -> (String, String, String) {
    let text = |name: &str| line[name].as_str().unwrap_or_else(|| panic!("{line:?}")).to_owned();
    (text("trace_id"), text("span_id"), text("trace_flags"))
}

#[test]
fn inside_a_span_the_ids_are_the_span_s() {
    for activate in [true, false] {
        let (dispatch, console, _guard, _provider) = traced(Sampler::AlwaysOn, activate, json());
        let (job, upload) = tracing::dispatcher::with_default(&dispatch, || {
            info!("outside");
            let job = info_span!("job");
            let upload = job.in_scope(|| {
                info!("job");
                let upload = info_span!("upload");
                upload.in_scope(|| info!("upload"));
                info!("job again");
                upload
            });
            info!("outside again");
            (ids(&job), ids(&upload))
        });
        let lines = console.lines();
        assert_eq!(of(&lines[1]), job);
        assert_eq!(of(&lines[2]), upload);
        assert_eq!(of(&lines[3]), job);
        assert_eq!(job.0, upload.0);
        assert_ne!(job.1, upload.1);
        assert_eq!(job.2, "01");
        for outside in [&lines[0], &lines[4]] {
            assert!(!outside.contains_key("trace_id") && !outside.contains_key("trace_flags"), "{outside:?}");
        }
    }
}

#[test]
fn an_event_with_a_parent_of_its_own_belongs_to_that_parent() {
    let (dispatch, console, _guard, _provider) = traced(Sampler::AlwaysOn, true, json());
    let (entered, never) = tracing::dispatcher::with_default(&dispatch, || {
        let entered = info_span!("entered");
        let never = info_span!("never entered");
        let current = info_span!("current");
        entered.in_scope(|| {});
        let _in = current.enter();
        info!(parent: &entered, "one");
        info!(parent: &never, "two");
        info!(parent: None, "three");
        let gone = info_span!("gone").id();
        info!(parent: gone, "four");
        (ids(&entered), ids(&never))
    });
    let lines = console.lines();
    assert_eq!(of(&lines[0]), entered);
    assert_eq!(of(&lines[1]), never);
    assert!(!lines[2].contains_key("trace_id"), "{:?}", lines[2]);
    assert!(!lines[3].contains_key("trace_id"), "{:?}", lines[3]);
}

#[test]
fn a_span_that_is_not_sampled_has_ids_and_says_so() {
    let (dispatch, console, _guard, _provider) = traced(Sampler::AlwaysOff, true, json());
    let job = tracing::dispatcher::with_default(&dispatch, || {
        let job = info_span!("job");
        job.in_scope(|| info!("event"));
        ids(&job)
    });
    assert_eq!(of(&console.line()), job);
    assert_eq!(job.2, "00");
}

#[test]
fn a_filter_that_hides_the_span_does_not_hide_its_trace() {
    let mut config = json();
    config.filter = Some("warn".into());
    let (dispatch, console, _guard, _provider) = traced(Sampler::AlwaysOn, true, config);
    let (hidden, other) = tracing::dispatcher::with_default(&dispatch, || {
        let hidden = tracing::debug_span!("hidden");
        let other = tracing::debug_span!("other");
        hidden.in_scope(|| {
            warn!("heard");
            warn!(parent: &other, "elsewhere");
        });
        (ids(&hidden), ids(&other))
    });
    assert_eq!(of(&console.lines()[0]), hidden);
    assert_eq!(of(&console.lines()[1]), other);
}

#[test]
fn a_context_that_was_attached_by_hand_counts() {
    let (dispatch, console, _guard, provider) = traced(Sampler::AlwaysOn, true, json());
    let span = provider.tracer("by hand").start("operation");
    let context = Context::new().with_span(span);
    let trace_id = format!("{:032x}", context.span().span_context().trace_id());
    tracing::dispatcher::with_default(&dispatch, || {
        let _attached = context.attach();
        info!("event");
    });
    assert_eq!(console.line()["trace_id"], trace_id.as_str());
}

#[tokio::test]
async fn tasks_that_take_turns_keep_their_traces_apart() {
    use tracing::{Instrument as _, instrument::WithSubscriber as _};
    let (dispatch, console, _guard, _provider) = traced(Sampler::AlwaysOn, true, json());
    let work = |id: u64| {
        let span = info_span!("job", job_id = id);
        async move {
            for turn in 0..5 {
                info!(turn, "working");
                tokio::task::yield_now().await;
            }
        }
        .instrument(span)
    };
    async { tokio::join!(work(1), work(2), work(3)) }.with_subscriber(dispatch).await;
    let lines = console.lines();
    assert_eq!(lines.len(), 15);
    let trace = |id: u64| {
        let mut traces: Vec<_> = lines.iter().filter(|line| line["job_id"] == id).map(of).collect();
        traces.dedup();
        assert_eq!(traces.len(), 1, "{traces:?}");
        traces.remove(0).0
    };
    assert!(trace(1) != trace(2) && trace(2) != trace(3));
}
