use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::BoundSyncInstrument;

use super::filter::Filter;
use super::instrument::Inner;
use super::number::Number;
use super::reservoir::{Buckets, Sampling, SeriesReservoir};

/// A handle with its attributes bound.
struct Bound<I: Inner<T>, T, O> {
    bound: I::Bound,
    filter: Filter,
    sampling: Arc<Sampling>,
    offers: O,
}

/// Where a handle offers what it measures. There is a type for each of the usual cases, because a
/// test that a type saves is a noticeable part of the few nanoseconds that a measurement takes.
trait Offers: Send + Sync {
    /// Whether the offer is to be skipped. If so it is counted, and not to be made.
    fn skip<T: Number>(&self, sampling: &Sampling, value: T) -> bool;
    fn offer<T: Number>(&self, sampling: &Sampling, value: T);
}

/// A series, and what the views drop from the attributes on their way there.
pub(super) struct Target {
    pub(super) series: Arc<SeriesReservoir>,
    pub(super) filtered: Box<[KeyValue]>,
}

/// The series of the one stream, with one lane.
struct Single(Target);

/// The series of the one stream, with a lane for each bucket.
struct Aligned {
    buckets: Buckets,
    target: Target,
}

/// A handle of the SDK with the series that its measurements are offered to.
pub(super) fn handle<I: Inner<T>, T: Number>(
    bound: I::Bound,
    filter: Filter,
    sampling: Arc<Sampling>,
    mut targets: Vec<Target>,
) -> Box<dyn BoundSyncInstrument<T> + Send + Sync> {
    let only = if targets.len() == 1 { targets.pop() } else { None };
    let Some(target) = only else {
        return Box::new(Bound::<I, T, _> { bound, filter, sampling, offers: targets });
    };
    match target.series.buckets().cloned() {
        None => Box::new(Bound::<I, T, _> { bound, filter, sampling, offers: Single(target) }),
        Some(buckets) => Box::new(Bound::<I, T, _> { bound, filter, sampling, offers: Aligned { buckets, target } }),
    }
}

impl<I: Inner<T>, T: Number, O: Offers> Bound<I, T, O> {
    #[cold]
    #[inline(never)]
    fn measure_and_offer(&self, value: T) {
        I::measure_bound(&self.bound, value);
        if value.is_recorded() {
            self.offers.offer(&self.sampling, value);
        }
    }
}

impl<I: Inner<T>, T: Number, O: Offers> BoundSyncInstrument<T> for Bound<I, T, O> {
    fn measure(&self, value: T) {
        if self.filter.admits() && !self.offers.skip(&self.sampling, value) {
            self.measure_and_offer(value);
        } else {
            // At the end, so that it is a jump.
            I::measure_bound(&self.bound, value);
        }
    }
}

impl Target {
    fn offer<T: Number>(&self, sampling: &Sampling, value: T) {
        self.series.offer(sampling, value, || self.filtered.to_vec());
    }
}

impl Offers for Single {
    #[inline(always)]
    fn skip<T: Number>(&self, sampling: &Sampling, _value: T) -> bool {
        self.0.series.skips(sampling)
    }

    fn offer<T: Number>(&self, sampling: &Sampling, value: T) {
        self.0.offer(sampling, value);
    }
}

impl Offers for Aligned {
    #[inline(always)]
    fn skip<T: Number>(&self, sampling: &Sampling, value: T) -> bool {
        self.buckets.skips(sampling, value.as_f64())
    }

    fn offer<T: Number>(&self, sampling: &Sampling, value: T) {
        self.target.offer(sampling, value);
    }
}

impl Offers for Vec<Target> {
    fn skip<T: Number>(&self, _sampling: &Sampling, _value: T) -> bool {
        false
    }

    fn offer<T: Number>(&self, sampling: &Sampling, value: T) {
        for target in self {
            target.offer(sampling, value);
        }
    }
}
