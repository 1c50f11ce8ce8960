//! The variables that the documentation lists, and what each does.

use std::collections::BTreeSet;

use telecine::push::Signal;
use telecine::telemetry::settings::{Batch, Exporter, Periodic, Processor, ProcessorKind, Prometheus, Reader};
use telecine::telemetry::{Environment, Settings};

/// A variable and what it does.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) variable: String,
    /// What has to be set for it to have an effect.
    pub(crate) with: &'static [(&'static str, &'static str)],
    /// What it changes, as a text.
    pub(crate) show: Show,
    pub(crate) default: &'static str,
    /// A value, and what is shown then.
    pub(crate) good: (&'static str, &'static str),
    /// The same value as somebody else would write it. `None`: letters differ in what they mean.
    pub(crate) wrong_case: Option<&'static str>,
    /// What cannot be read. `None`: everything can.
    pub(crate) nonsense: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub(crate) enum Show {
    Of(fn(&Settings) -> String),
    /// Of one signal, or of all.
    Otlp(Option<usize>, fn(&Signal) -> String),
}

pub(crate) const SIGNALS: [&str; 3] = ["TRACES", "METRICS", "LOGS"];

impl Row {
    pub(crate) fn show(&self, settings: &Settings) -> String {
        match self.show {
            Show::Of(show) => show(settings),
            Show::Otlp(Some(at), show) => show(&signals(settings)[at]),
            Show::Otlp(None, show) => {
                let shown: BTreeSet<String> = signals(settings).iter().map(show).collect();
                assert_eq!(shown.len(), 1, "{}: {shown:?}", self.variable);
                shown.into_iter().next().unwrap()
            }
        }
    }

    /// What is shown when the variable has this value, and which variables were ignored.
    pub(crate) fn read(&self, value: Option<&str>) -> (String, Vec<String>) {
        let (settings, ignored) = read(self.with.iter().copied().chain(value.map(|value| (&*self.variable, value))));
        (self.show(&settings), ignored)
    }
}

pub(crate) fn read<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Settings, Vec<String>) {
    let environment: Environment = variables.into_iter().collect();
    let (settings, ignored) = Settings::resolve(&environment).unwrap();
    (settings, ignored.into_iter().map(|ignored| ignored.setting).collect())
}

pub(crate) fn signals(settings: &Settings) -> [Signal; 3] {
    let signal = |exporter: &Exporter| match exporter {
        Exporter::Otlp(signal) => signal.clone(),
        Exporter::Console => panic!("{settings:?}"),
    };
    let Reader::Periodic(metrics) = &settings.metrics.readers[0] else { panic!("{settings:?}") };
    [
        signal(&settings.traces.processors[0].exporter),
        signal(&metrics.exporter.exporter),
        signal(&settings.logs.processors[0].exporter),
    ]
}

pub(crate) fn places(processors: &[Processor]) -> String {
    let places = processors.iter().map(|processor| match &processor.exporter {
        Exporter::Otlp(_) => "otlp",
        Exporter::Console => "console",
    });
    places.collect::<Vec<_>>().join(",")
}

fn readers(settings: &Settings) -> String {
    let places = settings.metrics.readers.iter().map(|reader| match reader {
        Reader::Periodic(periodic) if periodic.exporter.exporter == Exporter::Console => "console",
        Reader::Periodic(_) => "otlp",
        Reader::Prometheus(_) => "prometheus",
    });
    places.collect::<Vec<_>>().join(",")
}

pub(crate) fn periodic(settings: &Settings) -> &Periodic {
    let Reader::Periodic(periodic) = &settings.metrics.readers[0] else { panic!("{settings:?}") };
    periodic
}

fn prometheus(settings: &Settings) -> &Prometheus {
    let Reader::Prometheus(prometheus) = &settings.metrics.readers[1] else { panic!("{settings:?}") };
    prometheus
}

pub(crate) fn spans(settings: &Settings) -> Batch {
    batch(&settings.traces.processors[0])
}

fn records(settings: &Settings) -> Batch {
    batch(&settings.logs.processors[0])
}

fn batch(processor: &Processor) -> Batch {
    let ProcessorKind::Batch(batch) = processor.kind else { panic!("{processor:?}") };
    batch
}

pub(crate) fn resource(settings: &Settings) -> String {
    let attributes = settings.resource.attributes.iter().map(|(key, value)| format!("{key}={value}"));
    attributes.collect::<Vec<_>>().join(";")
}

/// The value lengths and the counts of spans and log records.
fn limits(settings: &Settings) -> String {
    let (spans, records) = (settings.traces.limits, settings.logs.limits);
    let length = |length: Option<usize>| length.map_or("none".to_owned(), |length| length.to_string());
    format!(
        "{} {}, {} {}",
        length(spans.attribute_value_length),
        spans.attributes,
        length(records.attribute_value_length),
        records.attributes
    )
}

pub(crate) fn text(value: impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

fn row(variable: &str, show: fn(&Settings) -> String, default: &'static str) -> Row {
    let (good, wrong_case, nonsense) = (("", ""), None, None);
    Row { variable: variable.to_owned(), with: &[], show: Show::Of(show), default, good, wrong_case, nonsense }
}

impl Row {
    fn good(self, value: &'static str, shown: &'static str) -> Self {
        Self { good: (value, shown), ..self }
    }

    fn wrong_case(self, value: &'static str) -> Self {
        Self { wrong_case: Some(value), ..self }
    }

    fn nonsense(self, value: &'static str) -> Self {
        Self { nonsense: Some(value), ..self }
    }

    /// For one signal alone.
    fn of(self, at: usize) -> Self {
        let Show::Otlp(_, show) = self.show else { return self };
        let variable = self.variable.replace("_OTLP_", &format!("_OTLP_{}_", SIGNALS[at]));
        Self { variable, show: Show::Otlp(Some(at), show), ..self }
    }

    fn with(self, with: &'static [(&'static str, &'static str)]) -> Self {
        Self { with, ..self }
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("OTEL_SDK_DISABLED", |s| text(s.disabled), "false").good("true", "true").wrong_case("True").nonsense("yes"),
        row("OTEL_SERVICE_NAME", resource, "").good("worker", "service.name=worker"),
        row("OTEL_RESOURCE_ATTRIBUTES", resource, "")
            .good("a=1%2C2, b = c%3Dd ,", "a=1,2;b=c=d")
            .nonsense("a=1,secret"),
        row("OTEL_RESOURCE_ATTRIBUTES", resource, "").good("a=caf%C3%A9", "a=caf\u{e9}").nonsense("a=1,b=%C3"),
        row("OTEL_RESOURCE_ATTRIBUTES", resource, "").good("a=100%25", "a=100%").nonsense("b=2,a=100%"),
        row("OTEL_LOG_LEVEL", |s| text(s.log_level), "None")
            .good("debug", "Some(Debug)")
            .wrong_case("DEBUG")
            .nonsense("loud"),
        row("OTEL_PROPAGATORS", |s| text(&s.propagators), "[TraceContext, Baggage]")
            .good("b3multi,tracecontext,b3,b3", "[B3Multi, TraceContext, B3]")
            .wrong_case("B3Multi,TraceContext,B3")
            .nonsense("jaeger"),
        row("OTEL_PROPAGATORS", |s| text(&s.propagators), "[TraceContext, Baggage]").good("none", "[]"),
        row("OTEL_TRACES_SAMPLER", |s| s.traces.sampler.to_string(), "parentbased_always_on")
            .good("always_off", "always_off")
            .wrong_case("Always_Off")
            .nonsense("sometimes"),
        row("OTEL_TRACES_SAMPLER", |s| s.traces.sampler.to_string(), "parentbased_always_on")
            .good("parentbased_traceidratio", "parentbased_traceidratio 1")
            .nonsense("parentbased_jaeger_remote"),
        row("OTEL_TRACES_SAMPLER_ARG", |s| s.traces.sampler.to_string(), "traceidratio 1")
            .with(&[("OTEL_TRACES_SAMPLER", "traceidratio")])
            .good("0.25", "traceidratio 0.25")
            .nonsense("1.5"),
        row("OTEL_TRACES_EXPORTER", |s| places(&s.traces.processors), "otlp")
            .good("console, otlp", "console,otlp")
            .wrong_case("Console,OTLP")
            .nonsense("zipkin"),
        row("OTEL_METRICS_EXPORTER", readers, "otlp,prometheus")
            .good("prometheus", "prometheus")
            .wrong_case("Prometheus")
            .nonsense("otlp/stdout"),
        row("OTEL_METRICS_EXPORTER", readers, "otlp,prometheus").good("none", ""),
        row("OTEL_LOGS_EXPORTER", |s| places(&s.logs.processors), "otlp")
            .good("none", "")
            .wrong_case("NONE")
            .nonsense("logging"),
        row("OTEL_EXPORTER_PROMETHEUS_HOST", |s| prometheus(s).host.clone(), "localhost").good("0.0.0.0", "0.0.0.0"),
        row("OTEL_EXPORTER_PROMETHEUS_PORT", |s| text(prometheus(s).port), "9464").good("0", "0").nonsense("65536"),
        row("OTEL_METRIC_EXPORT_INTERVAL", |s| text(periodic(s).interval), "60s").good("250", "250ms").nonsense("0"),
        row("OTEL_METRIC_EXPORT_TIMEOUT", |s| text(periodic(s).timeout), "30s").good("0", "0ns").nonsense("-1"),
        // More than a file could say.
        row("OTEL_METRIC_EXPORT_INTERVAL", |s| text(periodic(s).interval), "60s")
            .good("9223372036854775807", "9223372036854775.807s")
            .nonsense("9223372036854775808"),
        row("OTEL_METRIC_EXPORT_TIMEOUT", |s| text(periodic(s).timeout), "30s")
            .good("9223372036854775807", "9223372036854775.807s")
            .nonsense("9223372036854775808"),
        row("OTEL_BSP_SCHEDULE_DELAY", |s| text(spans(s).delay), "5s")
            .good("9223372036854775807", "9223372036854775.807s")
            .nonsense("18446744073709551615"),
        row("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits, "none 128, none 128")
            .good("9223372036854775807", "9223372036854775807 128, 9223372036854775807 128")
            .nonsense("9223372036854775808"),
        row("OTEL_METRICS_EXEMPLAR_FILTER", |s| s.metrics.exemplar_filter.to_string(), "trace_based")
            .good("always_on", "always_on")
            .wrong_case("ALWAYS_ON")
            .nonsense("on"),
        row(
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            |s| text(periodic(s).exporter.temporality),
            "Cumulative",
        )
        .good("lowmemory", "LowMemory")
        .wrong_case("LowMemory")
        .nonsense("changes"),
        row(
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            |s| text(s.metrics.histogram_aggregation),
            "Explicit",
        )
        .good("base2_exponential_bucket_histogram", "Exponential")
        .wrong_case("BASE2_EXPONENTIAL_BUCKET_HISTOGRAM")
        .nonsense("exponential"),
        row("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits, "none 128, none 128")
            .good("16", "16 128, 16 128")
            .nonsense("long"),
        row("OTEL_ATTRIBUTE_COUNT_LIMIT", limits, "none 128, none 128").good("0", "none 0, none 0").nonsense("-3"),
        row("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits, "7 128, 7 128")
            .with(&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7")])
            .good("16", "16 128, 7 128")
            .nonsense("1.5"),
        row("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", limits, "none 7, none 7")
            .with(&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "7")])
            .good("16", "none 16, none 7")
            .nonsense("99999999999"),
        row("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", limits, "7 128, 7 128")
            .with(&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7")])
            .good("16", "7 128, 16 128")
            .nonsense("x"),
        row("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", limits, "none 7, none 7")
            .with(&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "7")])
            .good("16", "none 7, none 16")
            .nonsense("x"),
        row("OTEL_SPAN_EVENT_COUNT_LIMIT", |s| text(s.traces.limits.events), "128").good("5", "5").nonsense("five"),
        row("OTEL_SPAN_LINK_COUNT_LIMIT", |s| text(s.traces.limits.links), "128").good("5", "5").nonsense("five"),
        row("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", |s| text(s.traces.limits.event_attributes), "128")
            .with(&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "7")])
            .good("5", "5")
            .nonsense("five"),
        row("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", |s| text(s.traces.limits.link_attributes), "128")
            .with(&[("OTEL_ATTRIBUTE_COUNT_LIMIT", "7")])
            .good("5", "5")
            .nonsense("five"),
        row("RUST_LOG", |s| text(&s.distribution.logs.filter), "None")
            .good("warn,media=debug", "Some(\"warn,media=debug\")"),
        row("NO_COLOR", |s| text(s.distribution.logs.colour), "None").good("1", "Some(false)"),
    ];
    rows.extend(batches());
    rows.extend(otlp());
    rows
}

fn batches() -> Vec<Row> {
    vec![
        row("OTEL_BSP_SCHEDULE_DELAY", |s| text(spans(s).delay), "5s").good("250", "250ms").nonsense("5s"),
        row("OTEL_BSP_EXPORT_TIMEOUT", |s| text(spans(s).timeout), "30s").good("0", "0ns").nonsense("-1"),
        row("OTEL_BSP_MAX_QUEUE_SIZE", |s| text(spans(s).queue), "2048").good("4096", "4096").nonsense("0"),
        row("OTEL_BSP_MAX_QUEUE_SIZE", |s| text(spans(s).queue), "2048")
            .good("1048576", "1048576")
            .nonsense("2147483647"),
        row("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", |s| text(spans(s).batch), "512").good("2048", "2048").nonsense("0"),
        row("OTEL_BLRP_SCHEDULE_DELAY", |s| text(records(s).delay), "1s").good("250", "250ms").nonsense("1.5"),
        row("OTEL_BLRP_EXPORT_TIMEOUT", |s| text(records(s).timeout), "30s").good("100", "100ms").nonsense("never"),
        row("OTEL_BLRP_MAX_QUEUE_SIZE", |s| text(records(s).queue), "2048").good("4096", "4096").nonsense("-5"),
        row("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", |s| text(records(s).batch), "512").good("1", "1").nonsense("x"),
    ]
}

/// Each for all signals and for one.
pub(crate) fn otlp() -> Vec<Row> {
    let settings = [
        of_signal("PROTOCOL", |signal| signal.protocol.as_str().to_owned(), "http/protobuf")
            .good("grpc", "grpc")
            .wrong_case("GRPC")
            .nonsense("http/xml"),
        of_signal("PROTOCOL", |signal| signal.protocol.as_str().to_owned(), "http/protobuf")
            .good("http/json", "http/json")
            .wrong_case("HTTP/Json")
            .nonsense("json"),
        of_signal("HEADERS", |signal| text(&signal.headers), "[]")
            .good("api-key=a%20b,X=1==", r#"[("api-key", "a b"), ("X", "1==")]"#)
            .nonsense("s3cret"),
        of_signal("HEADERS", |signal| text(&signal.headers), "[]").good("a=1", r#"[("a", "1")]"#).nonsense("a b=1"),
        of_signal("TIMEOUT", |signal| text(signal.timeout), "10s").good("0", "0ns").nonsense("10s"),
        of_signal("COMPRESSION", |signal| text(signal.compression), "None")
            .good("gzip", "Some(Gzip)")
            .wrong_case("GZip")
            .nonsense("brotli"),
        of_signal("CERTIFICATE", |signal| text(&signal.tls.ca_file), "None").good("/ca.pem", r#"Some("/ca.pem")"#),
        of_signal("CLIENT_CERTIFICATE", |signal| text(&signal.tls.client_certificate_file), "None")
            .good("/client.pem", r#"Some("/client.pem")"#),
        of_signal("CLIENT_KEY", |signal| text(&signal.tls.client_key_file), "None")
            .good("/client.key", r#"Some("/client.key")"#),
        of_signal("INSECURE", |signal| text(signal.tls.insecure), "false")
            .good("true", "true")
            .wrong_case("TRUE")
            .nonsense("1"),
    ];
    let each = |row: &Row| {
        let row = row.clone();
        (0..SIGNALS.len()).map(move |at| row.clone().of(at)).collect::<Vec<_>>()
    };
    let mut rows: Vec<Row> = settings.iter().flat_map(each).collect();
    rows.extend(settings);
    // For one signal it is another thing than for all.
    let endpoint = of_signal("ENDPOINT", path_as_signal, "http://localhost:4318/SIGNAL").nonsense("ftp://collector");
    rows.extend(each(&endpoint.clone().good("http://user@[::1]:80/as/it/is/", "http://user@[::1]:80/as/it/is/")));
    rows.push(endpoint.clone().good("https://collector?key=a/b", "https://collector/SIGNAL?key=a/b"));
    rows.push(endpoint.clone().good("https://collector/base/?key=a/b", "https://collector/base/SIGNAL?key=a/b"));
    rows.push(endpoint.good("https://collector/base/", "https://collector/base/SIGNAL"));
    let grpc = of_signal("ENDPOINT", |signal| signal.endpoint.clone(), "http://localhost:4317");
    let grpc = grpc.with(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).nonsense("http://collector:port");
    let grpc = grpc.good("collector:4317", "collector:4317");
    rows.extend(each(&grpc));
    rows.push(grpc);
    rows
}

/// The endpoint, with the signal's path as `/SIGNAL`.
fn path_as_signal(signal: &Signal) -> String {
    let paths = SIGNALS.map(|signal| format!("/v1/{}", signal.to_lowercase()));
    paths.iter().fold(signal.endpoint.clone(), |endpoint, path| endpoint.replace(path.as_str(), "/SIGNAL"))
}

fn of_signal(setting: &str, show: fn(&Signal) -> String, default: &'static str) -> Row {
    let show = Show::Otlp(None, show);
    Row { show, ..row(&format!("OTEL_EXPORTER_OTLP_{setting}"), |_| String::new(), default) }
}
