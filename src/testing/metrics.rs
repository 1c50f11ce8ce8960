//! What was measured, by series.

use std::collections::BTreeMap;
use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};

use crate::catalog::Instrument;

/// What was measured up to one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    series: Vec<Series>,
}

/// One series of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The name of the metric, as OpenTelemetry has it: `media.job.created`.
    pub metric: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: Value,
}

/// The value of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a counter, an up-down counter or a gauge.
    Number(f64),
    /// Of a histogram.
    Histogram {
        /// How many values.
        count: u64,
        /// Their sum.
        sum: f64,
        /// The buckets that are not empty, each with its upper bound (the last one's is infinite) and how
        /// many values are in it alone. None of a histogram without fixed bounds.
        buckets: Vec<(f64, u64)>,
    },
}

/// The series of a metric whose labels include some that were asked for.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    series: Vec<&'a Series>,
}

impl Metrics {
    pub(super) fn of(collected: &ResourceMetrics) -> Self {
        let metrics = collected.scope_metrics().flat_map(|scope| scope.metrics());
        Self { series: metrics.flat_map(|metric| of_metric(metric.name(), metric.data())).collect() }
    }

    /// Every series.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The series of a metric whose labels include these.
    pub fn select<'a>(&'a self, name: &'a str, labels: &[(&'a str, &'a str)]) -> Selection<'a> {
        let has = |series: &&Series| {
            series.metric == name && labels.iter().all(|(key, value)| series.label(key) == Some(value))
        };
        Selection { name, labels: labels.to_vec(), series: self.series.iter().filter(has).collect() }
    }

    /// The series of an instrument.
    pub fn of_instrument(&self, instrument: &Instrument) -> Selection<'_> {
        self.select(instrument.name(), &[])
    }

    /// The series of a metric alone.
    #[must_use]
    pub fn of_name(&self, name: &str) -> Self {
        let named: Vec<_> = self.series.iter().filter(|series| series.metric == name).cloned().collect();
        // Where there is none, what there is helps to find what was meant.
        Self { series: if named.is_empty() { self.series.clone() } else { named } }
    }
}

impl Series {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }
}

impl Value {
    /// The number, or of a histogram how many values it has.
    pub fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Histogram { count, .. } => *count as f64,
        }
    }

    /// The number, or of a histogram the sum of its values.
    pub fn sum(&self) -> f64 {
        match self {
            Self::Number(sum) | Self::Histogram { sum, .. } => *sum,
        }
    }
}

impl<'a> Selection<'a> {
    /// The series.
    pub fn series(&self) -> &[&'a Series] {
        &self.series
    }

    /// The numbers of all added up; of histograms, how many values they have.
    pub fn number(&self) -> f64 {
        self.series.iter().map(|series| series.value.number()).sum()
    }

    /// The numbers of all added up; of histograms, the sums of their values.
    pub fn sum(&self) -> f64 {
        self.series.iter().map(|series| series.value.sum()).sum()
    }
}

fn of_metric(name: &str, data: &AggregatedMetrics) -> Vec<Series> {
    match data {
        AggregatedMetrics::F64(data) => of_data(name, data, |number| number),
        AggregatedMetrics::U64(data) => of_data(name, data, |number| number as f64),
        AggregatedMetrics::I64(data) => of_data(name, data, |number| number as f64),
    }
}

fn of_data<T: Copy>(name: &str, data: &MetricData<T>, number: impl Fn(T) -> f64) -> Vec<Series> {
    let series = |labels, value| Series { metric: name.to_owned(), labels, value };
    match data {
        MetricData::Sum(sum) => sum
            .data_points()
            .map(|point| series(labels(point.attributes()), Value::Number(number(point.value()))))
            .collect(),
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| series(labels(point.attributes()), Value::Number(number(point.value()))))
            .collect(),
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|point| {
                let bounds = point.bounds().chain([f64::INFINITY]);
                let buckets = bounds.zip(point.bucket_counts()).filter(|(_, count)| *count > 0).collect();
                let value = Value::Histogram { count: point.count(), sum: number(point.sum()), buckets };
                series(labels(point.attributes()), value)
            })
            .collect(),
        MetricData::ExponentialHistogram(histogram) => histogram
            .data_points()
            .map(|point| {
                let (count, sum) = (point.count() as u64, number(point.sum()));
                series(labels(point.attributes()), Value::Histogram { count, sum, buckets: Vec::new() })
            })
            .collect(),
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> BTreeMap<String, String> {
    attributes.map(|attribute| (attribute.key.to_string(), attribute.value.to_string())).collect()
}

/// One series a line.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.series.is_empty() {
            return f.write_str("nothing was measured");
        }
        self.series.iter().try_for_each(|series| writeln!(f, "  {series}"))
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = self.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        write_name(f, &self.metric, &labels)?;
        match &self.value {
            Value::Number(number) => write!(f, " {number}"),
            Value::Histogram { count, sum, .. } => write!(f, " {count} values, {sum} in all"),
        }
    }
}

impl fmt::Display for Selection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, self.name, &self.labels)
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str, labels: &[(&str, &str)]) -> fmt::Result {
    f.write_str(name)?;
    if labels.is_empty() {
        return Ok(());
    }
    let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
    write!(f, "{{{}}}", labels.join(","))
}
