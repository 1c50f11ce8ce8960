//! Exponential histograms: as native histograms, and as what text formats can carry.

use opentelemetry_sdk::metrics::data::{ExponentialBucket, ExponentialHistogramDataPoint};

use crate::pull::number::Number;

/// The scales that a native histogram can have.
const NATIVE_SCALES: std::ops::RangeInclusive<i8> = -4..=8;

/// The finest scale of the buckets in text: two to each power of two. The SDK changes the scale as
/// values come; bounds that change with it would be new series each time.
const TEXT_SCALE: i8 = 1;

/// The zero bucket's width where the SDK says nothing (OpenTelemetry specification).
const ZERO_THRESHOLD: f64 = 1e-128;

/// The widest run of empty buckets that is written out: dearer than another span from there on.
const WIDEST_GAP: i32 = 2;

/// The most buckets on one side of a sum, if none of its parts has more: what the specification gives a
/// histogram by default.
const WIDEST_SIDE: i64 = 160;

/// A histogram whose bounds are the powers of a base, `2^(2^-scale)`.
#[derive(Debug, Default)]
pub(crate) struct Exponential {
    pub(crate) count: u64,
    pub(crate) sum: Number,
    scale: i8,
    zero_count: u64,
    zero_threshold: f64,
    positive: Side,
    negative: Side,
}

/// Counts of values in `(base^i, base^(i + 1)]`, for `i` from an offset on.
#[derive(Debug, Default)]
struct Side {
    offset: i32,
    counts: Vec<u64>,
}

/// A native histogram of Prometheus.
#[derive(Debug, PartialEq)]
pub(crate) struct Native {
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count: u64,
    pub(crate) positive: Spans,
    pub(crate) negative: Spans,
}

/// Runs of buckets, each with its distance from the end of the run before it (the first: from
/// bucket 0) and its length; and the difference of each count to the one before.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Spans {
    pub(crate) runs: Vec<(i32, u32)>,
    pub(crate) deltas: Vec<i64>,
}

impl Exponential {
    pub(super) fn read<T: Copy + Into<Number>>(&mut self, point: &ExponentialHistogramDataPoint<T>) {
        self.count = point.count() as u64;
        self.sum = point.sum().into();
        self.scale = point.scale();
        self.zero_count = point.zero_count();
        self.zero_threshold = point.zero_threshold();
        self.positive.read(point.positive_bucket());
        self.negative.read(point.negative_bucket());
    }

    /// Writes another one over this one, and keeps the memory.
    pub(super) fn copy(&mut self, other: &Self) {
        let Self { count, sum, scale, zero_count, zero_threshold, positive, negative } = other;
        (self.count, self.sum, self.scale) = (*count, *sum, *scale);
        (self.zero_count, self.zero_threshold) = (*zero_count, *zero_threshold);
        self.positive.copy(positive);
        self.negative.copy(negative);
    }

    /// Adds the buckets of another one, at the lower of the two scales, or at one that is lower yet if they
    /// are many there. Its sum is added elsewhere.
    pub(super) fn add_buckets(&mut self, other: &Self) {
        let width = |scale: i8| {
            let (less, other_less) = (self.scale - scale, other.scale - scale);
            let positive = self.positive.width(less, &other.positive, other_less);
            positive.max(self.negative.width(less, &other.negative, other_less))
        };
        let sides = [&self.positive, &self.negative, &other.positive, &other.negative];
        let widest = sides.iter().map(|side| side.counts.len() as i64).fold(WIDEST_SIDE, i64::max);
        let mut scale = self.scale.min(other.scale);
        // Values that are far apart would make buckets without end in between.
        while width(scale) > widest {
            scale -= 1;
        }
        self.positive.add(self.scale - scale, &other.positive, other.scale - scale);
        self.negative.add(self.scale - scale, &other.negative, other.scale - scale);
        self.scale = scale;
        self.count += other.count;
        self.zero_count += other.zero_count;
        self.zero_threshold = self.zero_threshold.max(other.zero_threshold);
    }

    /// As a native histogram. `None` if its buckets are wider than the widest that those have.
    pub(crate) fn native(&self) -> Option<Native> {
        let schema = self.scale.min(*NATIVE_SCALES.end());
        if schema < *NATIVE_SCALES.start() {
            return None;
        }
        Some(Native {
            schema: schema.into(),
            zero_threshold: if self.zero_threshold > 0.0 { self.zero_threshold } else { ZERO_THRESHOLD },
            zero_count: self.zero_count,
            positive: self.positive.spans(self.scale - schema),
            negative: self.negative.spans(self.scale - schema),
        })
    }

    /// As buckets with fixed bounds: each upper bound that is not infinite, with the count of the
    /// values up to it.
    ///
    /// The bounds are those of the exponential buckets at a scale of at most 1, so that they are the
    /// same for every series and at every time. Each negative value counts as exactly as the positive
    /// ones, except that of two neighbours the bound itself belongs to the other one.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let scale = self.scale.min(TEXT_SCALE);
        let mut buckets = Vec::new();
        let mut cumulative = 0;
        let mut push = |bound: f64, count: u64| {
            cumulative += count;
            if bound.is_finite() {
                buckets.push((bound, cumulative));
            }
        };
        let negative = self.negative.at(self.scale - scale);
        for (index, count) in negative.iter().rev() {
            push(-boundary(index, scale), count);
        }
        if self.zero_count > 0 || !negative.counts.is_empty() {
            push(self.zero_threshold, self.zero_count);
        }
        for (index, count) in self.positive.at(self.scale - scale).iter() {
            push(boundary(index.saturating_add(1), scale), count);
        }
        buckets
    }

    /// A histogram with negative values has a sum that may fall, which is not a counter.
    pub(crate) fn any_negative(&self) -> bool {
        !self.negative.counts.is_empty()
    }
}

impl Side {
    fn read(&mut self, bucket: &ExponentialBucket) {
        self.offset = bucket.offset();
        self.counts.clear();
        self.counts.extend(bucket.counts());
    }

    fn copy(&mut self, other: &Self) {
        self.offset = other.offset;
        self.counts.clone_from(&other.counts);
    }

    /// From its first bucket to its last, at a scale that is lower by `less`.
    fn range(&self, less: i8) -> Option<(i64, i64)> {
        let first = i64::from(self.offset);
        let last = first + self.counts.len() as i64 - 1;
        (!self.counts.is_empty()).then_some((first >> less, last >> less))
    }

    /// How many buckets both have together.
    fn width(&self, less: i8, other: &Self, other_less: i8) -> i64 {
        match (self.range(less), other.range(other_less)) {
            (Some(one), Some(two)) => one.1.max(two.1) - one.0.min(two.0) + 1,
            (Some(one), None) | (None, Some(one)) => one.1 - one.0 + 1,
            (None, None) => 0,
        }
    }

    /// Adds another one's counts, each lowered by its number of scales.
    fn add(&mut self, less: i8, other: &Self, other_less: i8) {
        if less > 0 {
            *self = self.at(less);
        }
        let coarse;
        let other = match other_less {
            0 => other,
            less => {
                coarse = other.at(less);
                &coarse
            }
        };
        if other.counts.is_empty() {
            return;
        }
        if self.counts.is_empty() {
            return self.copy(other);
        }
        let before = (self.offset - other.offset).max(0);
        if before > 0 {
            self.offset = other.offset;
            self.counts.splice(0..0, std::iter::repeat_n(0, before as usize));
        }
        let from = (other.offset - self.offset) as usize;
        self.counts.resize(self.counts.len().max(from + other.counts.len()), 0);
        for (count, more) in self.counts[from..].iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> {
        self.counts.iter().enumerate().map(|(place, count)| (self.offset + place as i32, *count))
    }

    /// The same counts at a scale that is lower by `less`.
    fn at(&self, less: i8) -> Side {
        let offset = self.offset >> less;
        let mut counts = Vec::new();
        for (index, count) in self.iter() {
            let place = ((index >> less) - offset) as usize;
            counts.resize(counts.len().max(place + 1), 0);
            counts[place] += count;
        }
        Side { offset, counts }
    }

    fn spans(&self, less: i8) -> Spans {
        let mut spans = Spans::default();
        let mut next = 0;
        let mut last = 0;
        for (index, count) in self.at(less).iter().filter(|(_, count)| *count > 0) {
            // Prometheus counts buckets by their upper bound.
            let index = index + 1;
            let gap = index - next;
            match spans.runs.last_mut() {
                Some((_, length)) if gap <= WIDEST_GAP => {
                    for _ in 0..gap {
                        spans.deltas.push(-last);
                        last = 0;
                    }
                    *length += gap as u32 + 1;
                }
                _ => spans.runs.push((gap, 1)),
            }
            spans.deltas.push(count as i64 - last);
            last = count as i64;
            next = index + 1;
        }
        spans
    }
}

/// `2^(index * 2^-scale)`, for scales up to 1.
fn boundary(index: i32, scale: i8) -> f64 {
    if scale == TEXT_SCALE {
        let root = if index % 2 == 0 { 1.0 } else { std::f64::consts::SQRT_2 };
        return root * f64::from(index.div_euclid(2)).exp2();
    }
    (f64::from(index) * f64::from(-scale).exp2()).exp2()
}

#[cfg(test)]
mod tests {
    use super::{Exponential, Native, Side, Spans};

    fn of(scale: i8, offset: i32, counts: &[u64]) -> Exponential {
        let positive = Side { offset, counts: counts.to_vec() };
        Exponential { scale, count: counts.iter().sum(), positive, ..Exponential::default() }
    }

    fn native(scale: i8, offset: i32, counts: &[u64]) -> Native {
        of(scale, offset, counts).native().unwrap()
    }

    #[test]
    fn buckets_are_counted_by_their_upper_bounds() {
        let native = native(3, -2, &[1, 3, 2]);
        assert_eq!((native.schema, native.zero_threshold, native.zero_count), (3, 1e-128, 0));
        assert_eq!(native.positive, Spans { runs: vec![(-1, 3)], deltas: vec![1, 2, -1] });
        assert_eq!(native.negative, Spans::default());
    }

    #[test]
    fn short_gaps_are_written_and_long_ones_left_out() {
        let native = native(0, 0, &[5, 0, 0, 4, 0, 0, 0, 1, 0]);
        assert_eq!(native.positive, Spans { runs: vec![(1, 4), (3, 1)], deltas: vec![5, -5, 0, 4, -3] });
    }

    #[test]
    fn too_fine_a_scale_is_lowered_and_too_coarse_a_one_is_none() {
        // Two scales down, four buckets are one: those from -8 on, and from -4 on.
        let native = native(10, -7, &[1, 1, 1, 1, 1]);
        assert_eq!(native.schema, 8);
        assert_eq!(native.positive, Spans { runs: vec![(-1, 2)], deltas: vec![3, -1] });
        assert!(of(-4, 0, &[1]).native().is_some());
        assert_eq!(of(-5, 0, &[1]).native(), None);
    }

    #[test]
    fn fixed_buckets_are_the_same_at_every_scale() {
        // (2, 4] in four parts of scale 2, and in one of scale 0.
        let fine = of(2, 4, &[1, 2, 3, 4]).buckets();
        assert_eq!(fine, [(2.0 * std::f64::consts::SQRT_2, 3), (4.0, 10)]);
        assert_eq!(of(0, 1, &[10]).buckets(), [(4.0, 10)]);
        // The last bucket's bound is infinite, which has a line of its own.
        assert_eq!(of(-10, 0, &[7]).buckets(), []);
    }

    #[test]
    fn two_are_added_at_the_lower_scale() {
        let mut sum = of(2, 4, &[1, 2, 3, 4]);
        sum.add_buckets(&of(1, -1, &[7, 0, 0, 1]));
        // (2, 4] was four buckets and is two; (1/√2, 1] and (2, 2√2] are the other's.
        assert_eq!((sum.scale, sum.count, sum.positive.offset), (1, 18, -1));
        assert_eq!(sum.positive.counts, [7, 0, 0, 3 + 1, 7]);
        sum.add_buckets(&of(5, 0, &[]));
        assert_eq!((sum.scale, sum.positive.counts.iter().sum::<u64>()), (1, 18));
        // From 2^-60 to 2^60 at scale 20 there are 125 million buckets.
        let mut far = of(20, -60 << 20, &[1]);
        far.add_buckets(&of(20, 60 << 20, &[1]));
        assert_eq!((far.scale, far.positive.counts.len(), far.count), (0, 121, 2));
        let mut empty = Exponential::default();
        empty.copy(&of(20, 0, &[]));
        empty.add_buckets(&of(3, 5, &[2]));
        assert_eq!(empty.native(), of(3, 5, &[2]).native());
    }

    #[test]
    fn negative_values_come_first() {
        let histogram =
            Exponential { negative: Side { offset: 0, counts: vec![1, 2] }, zero_count: 4, ..of(0, 0, &[8]) };
        assert_eq!(histogram.buckets(), [(-2.0, 2), (-1.0, 3), (0.0, 7), (2.0, 15)]);
    }
}
