//! What was measured, as one form for each version of the SDK and for Prometheus' text.

use std::collections::BTreeMap;

/// A series: how often something was measured, and the sum of it; a gauge has its value as the sum.
#[derive(Clone, Debug)]
pub struct Series {
    pub metric: String,
    pub labels: BTreeMap<String, String>,
    pub count: f64,
    pub sum: f64,
}

/// What the text format says, of sums, counts and gauges. No label here holds what ends one.
pub fn parsed(text: &str) -> Vec<Series> {
    let mut series: BTreeMap<(String, BTreeMap<String, String>), Series> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        let pairs = labels.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once("=\""));
        let labels: BTreeMap<_, _> =
            pairs.map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned())).collect();
        let value: f64 = value.parse().unwrap_or_default();
        let metric = name.trim_end_matches("_sum").trim_end_matches("_count");
        let new = || Series { metric: metric.to_owned(), labels: labels.clone(), count: 0.0, sum: 0.0 };
        if labels.contains_key("le") || labels.contains_key("quantile") {
            continue;
        }
        let series = series.entry((metric.to_owned(), labels.clone())).or_insert_with(new);
        if name.ends_with("_count") { series.count = value } else { series.sum = value }
    }
    series.into_values().collect()
}

/// A reader that can be asked, for one version of the SDK.
macro_rules! reader {
    ($module:ident, $sdk:ident) => {
        pub mod $module {
            use std::sync::{Arc, Weak};
            use std::time::Duration;

            use $sdk::error::OTelSdkResult;
            use $sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
            use $sdk::metrics::reader::MetricReader;
            use $sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};

            use super::Series;

            #[derive(Clone, Debug, Default)]
            pub struct Reader(Arc<ManualReader>);

            impl MetricReader for Reader {
                fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
                    self.0.register_pipeline(pipeline);
                }

                fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
                    self.0.collect(metrics)
                }

                fn force_flush(&self) -> OTelSdkResult {
                    self.0.force_flush()
                }

                fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
                    self.0.shutdown_with_timeout(timeout)
                }

                fn temporality(&self, kind: InstrumentKind) -> Temporality {
                    self.0.temporality(kind)
                }
            }

            impl Reader {
                /// What a provider has measured, which is no more once it is dropped.
                pub fn series_of(&self, _: &SdkMeterProvider) -> Vec<Series> {
                    let mut collected = ResourceMetrics::default();
                    let mut all = Vec::new();
                    if self.collect(&mut collected).is_err() {
                        return all;
                    }
                    for metric in collected.scope_metrics().flat_map(|scope| scope.metrics()) {
                        match metric.data() {
                            AggregatedMetrics::F64(data) => of(metric.name(), data, |value| value, &mut all),
                            AggregatedMetrics::U64(data) => of(metric.name(), data, |value| value as f64, &mut all),
                            AggregatedMetrics::I64(data) => of(metric.name(), data, |value| value as f64, &mut all),
                        }
                    }
                    all
                }
            }

            fn of<T: Copy>(metric: &str, data: &MetricData<T>, number: fn(T) -> f64, all: &mut Vec<Series>) {
                macro_rules! put {
                    ($point:expr, $count:expr, $sum:expr) => {
                        all.push(Series {
                            metric: metric.to_owned(),
                            labels: $point
                                .attributes()
                                .map(|pair| (pair.key.to_string(), pair.value.to_string()))
                                .collect(),
                            count: $count,
                            sum: $sum,
                        })
                    };
                }
                match data {
                    MetricData::Gauge(data) => {
                        data.data_points().for_each(|point| put!(point, 0.0, number(point.value())))
                    }
                    MetricData::Sum(data) => {
                        data.data_points().for_each(|point| put!(point, 0.0, number(point.value())))
                    }
                    MetricData::Histogram(data) => {
                        data.data_points().for_each(|point| put!(point, point.count() as f64, number(point.sum())));
                    }
                    MetricData::ExponentialHistogram(data) => {
                        data.data_points().for_each(|point| put!(point, point.count() as f64, number(point.sum())));
                    }
                }
            }
        }
    };
}

reader!(sdk, opentelemetry_sdk);
reader!(sdk_0_32, opentelemetry_sdk_0_32);
