//! What is measured of object stores, against stores in memory, on disk and over HTTP.
#![cfg(all(feature = "object-store", feature = "prometheus"))]
#![allow(clippy::unwrap_used, reason = "a test says by a panic that something is not as it should be")]

mod a_directory_is_measured_like_any_store;
mod a_real_s3_is_measured_like_any_store;
mod errors_have_the_type_that_says_who_acts;
mod every_operation_is_measured_once;
mod front;
mod live;
mod one_process_among_many_shows_the_usage;
mod random;
mod retries_are_counted_by_reason;
mod scans_see_all_or_change_nothing;
mod usage_follows_what_is_written_and_removed;
mod what_changes_during_a_scan_is_not_lost;

use object_store::{ClientOptions, RetryConfig, aws::AmazonS3Builder};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::{
    SdkMeterProvider,
    data::{AggregatedMetrics, MetricData, ResourceMetrics},
    reader::MetricReader,
};
use std::{collections::BTreeMap, sync::Once, time::Duration};
use telecine::{operation::Instruments, pull::Reader};
use telecine_parts::S3;

/// Instruments, and what they have measured.
struct Meters {
    instruments: Instruments,
    reader: Reader,
    _provider: SdkMeterProvider,
}

impl Meters {
    fn new() -> Self {
        let reader = Reader::new();
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
        Self { instruments: Instruments::new(provider.meter("test")), reader, _provider: provider }
    }

    /// Every series that is not 0: `name{label value, …}` without the store, in the order of keys, and its sum or
    /// count.
    fn series(&self) -> BTreeMap<String, u64> {
        let mut metrics = ResourceMetrics::default();
        self.reader.collect(&mut metrics).unwrap();
        let mut series = BTreeMap::new();
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let mut add = |attributes: Vec<(String, String)>, value: u64| {
                let store = attributes.iter().find(|(key, _)| key == "media.store").map(|(_, value)| value.as_str());
                assert_eq!(store, Some("test"), "{attributes:?}");
                let labels: Vec<_> =
                    attributes.iter().filter(|(key, _)| key != "media.store").map(|(_, value)| value.clone()).collect();
                if value > 0 {
                    let name = metric.name().strip_prefix("media.").unwrap();
                    series.insert(format!("{name}{{{}}}", labels.join(",")), value);
                }
            };
            macro_rules! labels {
                ($point:expr) => {{
                    let mut labels: Vec<_> =
                        $point.attributes().map(|label| (label.key.to_string(), label.value.to_string())).collect();
                    labels.sort();
                    labels
                }};
            }
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    sum.data_points().for_each(|point| add(labels!(point), point.value()));
                }
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    histogram.data_points().for_each(|point| add(labels!(point), point.count()));
                }
                AggregatedMetrics::I64(MetricData::Sum(sum)) => {
                    sum.data_points().for_each(|point| add(labels!(point), point.value().try_into().unwrap()));
                }
                AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                    gauge.data_points().for_each(|point| add(labels!(point), point.value() as u64));
                }
                other => panic!("{} is {other:?}", metric.name()),
            }
        }
        series
    }

    /// Every series of the store's gauges: `name` or `name{tenant}`, and its value.
    fn gauges(&self) -> BTreeMap<String, i64> {
        let mut metrics = ResourceMetrics::default();
        self.reader.collect(&mut metrics).unwrap();
        let mut series = BTreeMap::new();
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            let AggregatedMetrics::F64(MetricData::Gauge(gauge)) = metric.data() else { continue };
            let Some(name) = metric.name().strip_prefix("media.storage.") else { continue };
            for point in gauge.data_points() {
                let tenant = point.attributes().find(|label| label.key.as_str() == "media.tenant");
                let tenant = tenant.map_or(String::new(), |label| format!("{{{}}}", label.value));
                series.insert(format!("{name}{tenant}"), point.value() as i64);
            }
        }
        series
    }

    /// Asserts that these are the series of the gauges.
    fn assert_gauges(&self, expected: &[(&str, i64)]) {
        let expected: BTreeMap<String, i64> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        assert_eq!(self.gauges(), expected);
    }

    /// Asserts that these series are there and no others of their instruments.
    fn assert(&self, expected: &[(&str, u64)]) {
        let series = self.series();
        let instruments: Vec<&str> = expected.iter().filter_map(|(name, _)| name.split('{').next()).collect();
        let found: Vec<(&str, u64)> = series
            .iter()
            .filter(|(name, _)| instruments.contains(&name.split('{').next().unwrap_or_default()))
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

/// An S3 client as a program makes one, with short pauses.
fn s3(url: &str) -> AmazonS3Builder {
    // reqwest without a TLS provider of its own asks for the process's.
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut retry = RetryConfig { max_retries: 4, ..RetryConfig::default() };
    retry.backoff.init_backoff = Duration::from_millis(1);
    retry.backoff.max_backoff = Duration::from_millis(5);
    AmazonS3Builder::new()
        .with_endpoint(url)
        .with_allow_http(true)
        .with_bucket_name("renditions")
        .with_region(S3::REGION)
        .with_access_key_id(S3::ACCESS_KEY)
        .with_secret_access_key(S3::SECRET_KEY)
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(retry)
}
