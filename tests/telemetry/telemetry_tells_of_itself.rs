//! Loss is a number, on the exit that still works.

use telecine::catalog::{Attribute, Catalog, Instrument, telemetry as definitions};
use telecine::telemetry::{Environment, Telemetry};
use telecine_parts::eventually;

const CLIP: Attribute = Attribute::budget("test.clip", "A clip", 3);
const SEEN: Instrument = Instrument::counter("test.seen", "{clip}", "Clips that were seen").attributes(&[CLIP]);

struct Page(String);

impl Page {
    async fn of(telemetry: &Telemetry) -> Self {
        let address = telemetry.exits().prometheus_address().unwrap();
        let page = telecine_parts::http().get(format!("http://{address}/metrics")).send().await.unwrap();
        Self(page.text().await.unwrap())
    }

    /// The value of the only series that begins so.
    #[track_caller]
    fn value(&self, series: &str) -> f64 {
        let mut lines = self.0.lines().filter(|line| line.starts_with(series));
        let line = lines.next().unwrap_or_else(|| panic!("no {series} in\n{}", self.0));
        assert_eq!(lines.next(), None, "{series}");
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn what_is_lost_refused_and_served_is_on_the_page_though_no_collector_is_there() {
    let nobody = format!("http://127.0.0.1:{}", telecine_parts::free_port().unwrap());
    let environment: Environment = [
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "0"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", nobody.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "200"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ]
    .into_iter()
    .collect();
    let telemetry = Telemetry::builder().catalog("Test", &[SEEN]).environment(environment).build().unwrap();
    let meter = telemetry.meter("test");
    // Of the SDK's own meter, which knows no budget: past the limit the SDK has one series for all.
    let many = meter.u64_counter("test.many").build();
    for clip in 0..3000 {
        many.add(1, &[telecine::opentelemetry::KeyValue::new("clip", clip)]);
    }
    let instruments = telemetry.instruments();
    let seen = instruments.counter(&SEEN);
    tracing::dispatcher::with_default(&telemetry.dispatch().unwrap(), || {
        tracing::info_span!("look").in_scope(|| {
            for clip in ["a", "b", "c", "d", "e"] {
                seen.add(1, &instruments.labels().set(&CLIP, clip));
            }
        });
    });

    let first = Page::of(&telemetry).await;
    assert_eq!(first.value("media_telemetry_scrapes_total{media_outcome=\"success\"}"), 0.0);
    assert_eq!(first.value("media_telemetry_label_refused_total{media_telemetry_label=\"test.clip\"}"), 2.0);
    // Of those that were skipped the number comes when one is kept again.
    let [offered, kept] =
        ["offered", "kept"].map(|what| first.value(&format!("media_telemetry_exemplar_{what}_total")));
    assert!(kept >= 4.0 && offered >= kept, "{offered} {kept}");

    let page = Page::of(&telemetry).await;
    assert_eq!(page.value("media_telemetry_scrapes_total{media_outcome=\"success\"}"), 1.0);
    assert_eq!(page.value("media_telemetry_scrape_size_bytes"), first.0.len() as f64);
    assert!(page.value("media_telemetry_scrape_duration_seconds") > 0.0);
    assert_eq!(page.value("media_telemetry_series{media_telemetry_metric=\"test.seen\"}"), 4.0);
    assert_eq!(page.value("media_telemetry_series{media_telemetry_metric=\"test.many\"}"), 2001.0);
    assert_eq!(page.value("media_telemetry_overflow{media_telemetry_metric=\"test.many\"}"), 1.0);
    assert_eq!(page.0.matches("media_telemetry_overflow{").count(), 1, "{}", page.0);
    assert_eq!(page.value("media_telemetry_scrape_left_out{media_telemetry_kind=\"series\"}"), 0.0);

    let lost = "otel_sdk_exporter_span_exported_total{error_type=\"undelivered\"}";
    let page = eventually("a span to be lost", || async {
        let page = Page::of(&telemetry).await;
        (page.value(lost) == 1.0).then_some(page)
    });
    let page = page.await.unwrap();
    let spans = "otel_component_type=\"otlp_http_span_exporter\"";
    let ended = format!("otel_sdk_exporter_operation_duration_seconds_count{{error_type=\"undelivered\",{spans}}}");
    assert_eq!(page.value(&ended), 1.0);
    assert_eq!(page.value(&format!("otel_sdk_exporter_operation_duration_seconds_count{{{spans}}}")), 0.0);
    assert!(page.value(&format!("media_telemetry_export_age_seconds{{{spans}}}")) > 0.0);
    // Each definition is on the page.
    let catalogue = Catalog::own();
    for instrument in definitions::ALL {
        assert!(catalogue.get(instrument.name()).is_some());
        let name = instrument.name().replace('.', "_");
        let is_of_logs = *instrument == definitions::RECORDS_EXPORTED;
        assert!(is_of_logs || page.0.lines().any(|line| line.starts_with(&name)), "{name}:\n{}", page.0);
    }
}
