use super::settings::{Processor, Prometheus, Propagator, Reader, Sampler};
use super::*;

fn settings(variables: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let environment: Environment = variables.iter().copied().collect();
    let (settings, ignored) = Settings::from_environment(&environment);
    (settings, ignored.into_iter().map(|ignored| ignored.setting).collect())
}

/// Where a signal goes, as `describe` says it.
fn places(processors: &[Processor]) -> Vec<String> {
    processors.iter().map(|processor| processor.exporter.to_string()).collect()
}

fn prometheus(settings: &Settings) -> Option<&Prometheus> {
    settings.metrics.readers.iter().find_map(|reader| match reader {
        Reader::Prometheus(prometheus) => Some(prometheus),
        Reader::Periodic(_) => None,
    })
}

#[test]
fn with_nothing_said_both_exits_are_on() {
    let (settings, ignored) = settings(&[]);
    assert!(ignored.is_empty());
    assert_eq!(settings.traces.processors.is_empty(), !cfg!(feature = "otlp"));
    assert_eq!(settings.logs.processors.is_empty(), !cfg!(feature = "otlp"));
    let exits = usize::from(cfg!(feature = "otlp")) + usize::from(cfg!(feature = "prometheus"));
    assert_eq!(settings.metrics.readers.len(), exits);
    assert_eq!(settings.traces.sampler, Sampler::parent_based(Sampler::AlwaysOn));
    if cfg!(feature = "prometheus") {
        assert_eq!(prometheus(&settings), Some(&Prometheus::default()));
    }
    assert_eq!(settings.propagators, [Propagator::TraceContext, Propagator::Baggage]);
}

#[test]
fn disabled_leaves_no_exit() {
    let (read, ignored) = settings(&[
        ("OTEL_SDK_DISABLED", "TRUE"),
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
    ]);
    assert!(ignored.is_empty() && read.disabled);
    assert_eq!(places(&read.traces.processors), ["standard output"]);
    let read = read.while_enabled();
    assert!(read.traces.processors.is_empty() && read.metrics.readers.is_empty() && read.logs.processors.is_empty());
    let (read, ignored) = settings(&[("OTEL_SDK_DISABLED", "1")]);
    assert_eq!(ignored, ["OTEL_SDK_DISABLED"]);
    assert!(!read.disabled);
}

#[cfg(feature = "otlp")]
#[test]
fn of_several_exporters_each_gets_everything_and_its_losses_count() {
    use std::time::Duration;

    use opentelemetry::logs::{Logger as _, LoggerProvider as _};
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};

    use super::exits::{Access, Exits, Feeds};
    use super::settings::{DEFAULT_SPAN_BATCH, Exporter, ProcessorKind};
    use crate::catalog::Catalog;
    use crate::exemplar::Exemplars;
    use crate::pull::{Mapper, Mapping};
    use crate::push::{Kind, Signal};
    use crate::views::Views;

    // Nobody listens there: the port was taken and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let processor = |kind| {
        let timeout = Duration::from_millis(50);
        Processor { kind, exporter: Exporter::Otlp(Signal { timeout, ..Signal::http(format!("http://{address}/")) }) }
    };
    let processors = || vec![processor(ProcessorKind::Simple), processor(ProcessorKind::Batch(DEFAULT_SPAN_BATCH))];
    let (mut settings, _) = settings(&[("OTEL_METRICS_EXPORTER", "none")]);
    settings.traces.processors = processors();
    settings.logs.processors = processors();
    let resource = opentelemetry_sdk::Resource::builder_empty().build();
    let catalog = Catalog::empty();
    let mapper = Mapper::new(Mapping::default(), &catalog, &Views::default()).unwrap();
    let (exits, Feeds { exporters, .. }) =
        Exits::start(&settings, None, &Exemplars::off(), &catalog, &resource, &mapper, Access::default()).unwrap();
    let (tracers, spans) =
        providers::tracers(&settings.traces, &resource, exporters.traces, builder::Processors::default());
    let (loggers, records) = providers::loggers(&settings.logs, &resource, exporters.logs);
    let (tracer, logger) = (tracers.tracer("test"), loggers.logger("test"));
    for _ in 0..3 {
        tracer.start("span");
        logger.emit(logger.create_log_record());
    }
    // What could not be delivered is counted, whatever they say.
    let _ends = (tracers.shutdown(), loggers.shutdown());
    for kind in [Kind::Traces, Kind::Logs] {
        let stats: Vec<_> = exits.otlp().unwrap().counts(kind).iter().map(|counts| counts.stats()).collect();
        assert_eq!(stats.iter().map(|stats| stats.lost).collect::<Vec<_>>(), [3, 3]);
        // One at a time, and all at once.
        assert_eq!(stats.iter().map(|stats| stats.exports).collect::<Vec<_>>(), [3, 1]);
    }
    let totals = |handed: &[counted::Handed]| handed.iter().map(counted::Handed::total).collect::<Vec<_>>();
    let (spans, records) = (totals(&spans), totals(&records));
    assert_eq!((&spans, &records), (&vec![3, 3], &vec![3, 3]));
    assert_eq!(exits.lost(&spans, &records), Lost { spans: 6, points: 0, records: 6 });
}
