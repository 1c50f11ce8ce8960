//! What a series has come to.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    ExponentialHistogramDataPoint, GaugeDataPoint, HistogramDataPoint, SumDataPoint,
};

use super::Exponential;
use crate::pull::number::{Number, bound};

/// The value of a series.
#[derive(Debug)]
pub(crate) enum Value {
    Number(Number),
    Histogram(Box<Histogram>),
    Exponential(Box<Exponential>),
}

/// A histogram with explicit buckets.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    pub(crate) bounds: Arc<Bounds>,
    /// Of each bucket by itself; the last goes to infinity.
    pub(crate) counts: Vec<u64>,
    pub(crate) count: u64,
    pub(crate) sum: Number,
}

/// The upper bounds of buckets, as numbers and as what comes between `le="` and the value of a line.
/// Most histograms of a metric share them.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) values: Vec<f64>,
    pub(crate) plain: Vec<String>,
    pub(crate) openmetrics: Vec<String>,
}

/// A data point of the SDK.
pub(super) trait Point {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue>;

    /// Writes the value over a former one of the same series, or over any other.
    fn write(&self, value: &mut Value, bounds: &mut Arc<Bounds>);
}

impl Bounds {
    fn new(values: Vec<f64>) -> Self {
        let texts = |openmetrics| values.iter().map(|value| bound(*value, openmetrics) + "\"} ").collect();
        Self { plain: texts(false), openmetrics: texts(true), values }
    }

    /// A histogram with negative values has a sum that may fall, which is not a counter.
    pub(crate) fn any_negative(&self) -> bool {
        self.values.first().is_some_and(|bound| *bound < 0.0)
    }
}

impl Value {
    /// Writes another one over this one, and keeps the memory.
    pub(super) fn copy(&mut self, other: &Self) {
        match (self, other) {
            (Self::Histogram(histogram), Self::Histogram(other)) => {
                let Histogram { bounds, counts, count, sum } = &**other;
                if !Arc::ptr_eq(&histogram.bounds, bounds) {
                    histogram.bounds = bounds.clone();
                }
                histogram.counts.clone_from(counts);
                (histogram.count, histogram.sum) = (*count, *sum);
            }
            (Self::Exponential(histogram), Self::Exponential(other)) => histogram.copy(other),
            (value, Self::Number(number)) => *value = Self::Number(*number),
            (value, Self::Histogram(_)) => {
                *value = Self::Histogram(Box::default());
                value.copy(other);
            }
            (value, Self::Exponential(_)) => {
                *value = Self::Exponential(Box::default());
                value.copy(other);
            }
        }
    }

    /// Adds the buckets of another histogram of the same kind and bounds, whose sums come to `sum`.
    pub(super) fn add(&mut self, other: &Self, sum: Number) {
        match (self, other) {
            (Self::Histogram(histogram), Self::Histogram(other)) => {
                for (count, more) in histogram.counts.iter_mut().zip(&other.counts) {
                    *count += more;
                }
                histogram.count += other.count;
                histogram.sum = sum;
            }
            (Self::Exponential(histogram), Self::Exponential(other)) => {
                histogram.add_buckets(other);
                histogram.sum = sum;
            }
            (value, _) => *value = Self::Number(sum),
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::Number(Number::Unsigned(0))
    }
}

impl<T: Copy + Into<Number>> Point for SumDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn write(&self, value: &mut Value, _: &mut Arc<Bounds>) {
        *value = Value::Number(self.value().into());
    }
}

impl<T: Copy + Into<Number>> Point for GaugeDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn write(&self, value: &mut Value, _: &mut Arc<Bounds>) {
        *value = Value::Number(self.value().into());
    }
}

impl<T: Copy + Into<Number>> Point for HistogramDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn write(&self, value: &mut Value, shared: &mut Arc<Bounds>) {
        if !matches!(value, Value::Histogram(_)) {
            *value = Value::Histogram(Box::default());
        }
        let Value::Histogram(histogram) = value else { return };
        if !self.bounds().eq(histogram.bounds.values.iter().copied()) {
            if !self.bounds().eq(shared.values.iter().copied()) {
                *shared = Arc::new(Bounds::new(self.bounds().collect()));
            }
            histogram.bounds = shared.clone();
        }
        histogram.count = self.count();
        histogram.sum = self.sum().into();
        histogram.counts.clear();
        histogram.counts.extend(self.bucket_counts());
        // A histogram without bounds has no bucket counts in the SDK.
        if histogram.counts.is_empty() {
            histogram.counts.push(self.count());
        }
    }
}

impl<T: Copy + Into<Number>> Point for ExponentialHistogramDataPoint<T> {
    fn attributes(&self) -> impl Iterator<Item = &KeyValue> {
        self.attributes()
    }

    fn write(&self, value: &mut Value, _: &mut Arc<Bounds>) {
        if !matches!(value, Value::Exponential(_)) {
            *value = Value::Exponential(Box::default());
        }
        if let Value::Exponential(histogram) = value {
            histogram.read(self);
        }
    }
}
