use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

use super::number::Number;
use super::{Counts, Exemplar};

/// One step of the epoch, which is kept in the upper half of a word so that it compares with a
/// lane's gate in one subtraction.
const EPOCH: u64 = 1 << 32;

/// How many bounds are compared at once.
const CHUNK: usize = 8;

/// Above this many chunks of bounds a binary search is cheaper than looking at all of them.
const LINEAR_CHUNKS: usize = 8;

/// What all reservoirs of a provider share.
#[derive(Debug)]
pub(super) struct Sampling {
    epoch: AtomicU64,
    offered: AtomicU64,
    kept: AtomicU64,
}

/// The exemplars of one series: one per bucket for a histogram with explicit buckets, a few for
/// an exponential one, one for anything else.
#[derive(Debug)]
pub struct SeriesReservoir {
    /// The gate of the only lane, beside the rest to save a step on the way of every measurement.
    gate: Gate,
    buckets: Option<Buckets>,
    per_lane: usize,
    /// Made when the first offer is kept: most series of most programs never see one.
    samples: OnceLock<Box<[Mutex<Sample>]>>,
}

/// How many exemplars the reservoirs of a stream hold, and which goes where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    bounds: Bounds,
    lanes: usize,
    per_lane: usize,
}

/// Upper bounds of buckets, padded with infinity.
type Bounds = Arc<[[f64; CHUNK]]>;

/// The gates of the lanes where each bucket has one. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    bounds: Bounds,
    gates: Arc<[Gate]>,
}

/// Lets through what the sample of a lane is to keep.
///
/// The epoch is in the upper half, the number of offers still to skip in the lower. Threads read and
/// write it without locking: a decrement that is lost makes the sample a little less uniform.
#[derive(Debug, Default)]
struct Gate(AtomicU64);

/// A uniform sample of the offers that a lane had since the last collection.
#[derive(Debug)]
struct Sample {
    held: Vec<Exemplar>,
    epoch: u64,
    /// Places filled in this epoch.
    filled: usize,
    /// The greatest of the random keys that the sample would hold (algorithm L).
    threshold: f64,
    /// How many offers the gate was told to skip.
    skip: u64,
    random: u64,
}

impl Sampling {
    pub(super) fn new() -> Self {
        // A gate starts in epoch 0, so the first offer is kept.
        Sampling { epoch: AtomicU64::new(EPOCH), offered: AtomicU64::new(0), kept: AtomicU64::new(0) }
    }

    #[inline]
    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Starts the next epoch and says its number.
    pub(super) fn advance(&self) -> u64 {
        self.epoch.fetch_add(EPOCH, Ordering::Relaxed) / EPOCH
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { offered: self.offered.load(Ordering::Relaxed), kept: self.kept.load(Ordering::Relaxed) }
    }
}

impl Shape {
    /// One exemplar for each bucket; the last bucket has no upper bound.
    pub(super) fn aligned(boundaries: &[f64]) -> Self {
        let padded = |bounds: &[f64]| std::array::from_fn(|place| bounds.get(place).copied().unwrap_or(f64::INFINITY));
        Shape { bounds: boundaries.chunks(CHUNK).map(padded).collect(), lanes: boundaries.len() + 1, per_lane: 1 }
    }

    /// `size` exemplars, whatever their values.
    pub(super) fn fixed(size: usize) -> Self {
        Shape { bounds: Arc::new([]), lanes: 1, per_lane: size.max(1) }
    }
}

impl SeriesReservoir {
    pub(super) fn new(shape: &Shape) -> Self {
        let gates = || (0..shape.lanes).map(|_| Gate::default()).collect();
        let buckets = (shape.lanes > 1).then(|| Buckets { bounds: shape.bounds.clone(), gates: gates() });
        Self { gate: Gate::default(), buckets, per_lane: shape.per_lane, samples: OnceLock::new() }
    }

    /// The buckets, if each has a lane.
    pub(super) fn buckets(&self) -> Option<&Buckets> {
        self.buckets.as_ref()
    }

    /// Whether the only lane skips an offer. If it does, it counts it.
    #[inline(always)]
    pub(super) fn skips(&self, sampling: &Sampling) -> bool {
        self.gate.skips(sampling.epoch())
    }

    /// Offers a finite value. `filtered` is asked only if the offer is kept.
    #[inline]
    pub(super) fn offer<T: Number>(&self, sampling: &Sampling, value: T, filtered: impl FnOnce() -> Vec<KeyValue>) {
        let (lane, gate) = match &self.buckets {
            None => (0, Some(&self.gate)),
            Some(buckets) => buckets.lane(value.as_f64()),
        };
        if let Some(gate) = gate.filter(|gate| !gate.skips(sampling.epoch())) {
            self.keep(sampling, lane, gate, value.as_f64(), filtered);
        }
    }

    /// Keeps an offer, unless another thread is at its lane: the next one is as good.
    #[cold]
    #[inline(never)]
    fn keep(
        &self,
        sampling: &Sampling,
        lane: usize,
        gate: &Gate,
        value: f64,
        filtered: impl FnOnce() -> Vec<KeyValue>,
    ) {
        let samples = self.samples.get_or_init(|| {
            let random = RandomState::new();
            let lanes = self.buckets.as_ref().map_or(1, |buckets| buckets.gates.len());
            (0..lanes).map(|lane| Mutex::new(Sample::new(random.hash_one(lane)))).collect()
        });
        let mut sample = match samples[lane].try_lock() {
            Ok(sample) => sample,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let epoch = sampling.epoch();
        // Another thread may have kept one since this one looked.
        if gate.skips(epoch) {
            return;
        }
        let offered = sample.skip.saturating_sub(gate.left()) + 1;
        let (trace_id, span_id) = Context::map_current(|context| {
            let span = context.span();
            (span.span_context().trace_id(), span.span_context().span_id())
        });
        let exemplar = Exemplar { value, time: SystemTime::now(), trace_id, span_id, filtered: filtered() };
        sample.put(epoch, self.per_lane, exemplar);
        gate.set(epoch, sample.skip);
        sampling.offered.fetch_add(offered, Ordering::Relaxed);
        sampling.kept.fetch_add(1, Ordering::Relaxed);
    }

    /// The exemplar kept last.
    pub fn latest(&self) -> Option<Exemplar> {
        let mut latest: Option<Exemplar> = None;
        self.each(|_, exemplar| {
            if latest.as_ref().is_none_or(|held| held.time <= exemplar.time) {
                latest = Some(exemplar.clone());
            }
        });
        latest
    }

    /// Calls `f` with every exemplar and its place: the index of its bucket for a histogram with
    /// explicit buckets (the last is the one up to infinity), a running number otherwise.
    ///
    /// An exemplar stays until another replaces it, so it may be older than the last collection:
    /// compare its time with the start of the data point where that matters.
    pub fn each(&self, mut f: impl FnMut(usize, &Exemplar)) {
        for (index, sample) in self.samples.get().into_iter().flatten().enumerate() {
            for (place, exemplar) in lock(sample).held.iter().enumerate() {
                f(index + place, exemplar);
            }
        }
    }

    /// Whether nothing was kept yet.
    pub fn is_empty(&self) -> bool {
        self.samples.get().into_iter().flatten().all(|sample| lock(sample).held.is_empty())
    }
}

impl Buckets {
    /// Whether the lane of a value skips an offer. If it does, it counts it.
    #[inline(always)]
    pub(super) fn skips(&self, sampling: &Sampling, value: f64) -> bool {
        self.lane(value).1.is_some_and(|gate| gate.skips(sampling.epoch()))
    }

    /// The first bucket whose bound is not below the value, and its gate.
    #[inline(always)]
    fn lane(&self, value: f64) -> (usize, Option<&Gate>) {
        let lane = if self.bounds.len() > LINEAR_CHUNKS {
            self.bounds.as_flattened().partition_point(|bound| *bound < value)
        } else {
            // Counted in four places, as the registers of the machine are wide.
            let mut below = [0_u64; 4];
            for chunk in self.bounds.iter() {
                for (place, bound) in chunk.iter().enumerate() {
                    below[place % 4] += u64::from(*bound < value);
                }
            }
            below.iter().sum::<u64>() as usize
        };
        (lane, self.gates.get(lane))
    }
}

fn lock(sample: &Mutex<Sample>) -> MutexGuard<'_, Sample> {
    sample.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    /// Whether this offer is one to skip.
    #[inline]
    fn skips(&self, epoch: u64) -> bool {
        let gate = self.0.load(Ordering::Relaxed);
        // Between 1 and u32::MAX exactly when the epoch is the same and offers are left to skip.
        let skips = gate.wrapping_sub(epoch).wrapping_sub(1) < EPOCH - 1;
        if skips {
            self.0.store(gate - 1, Ordering::Relaxed);
        }
        skips
    }

    /// How many offers are left to skip, in whatever epoch they were to be.
    fn left(&self) -> u64 {
        self.0.load(Ordering::Relaxed) % EPOCH
    }

    fn set(&self, epoch: u64, skip: u64) {
        self.0.store(epoch | skip, Ordering::Relaxed);
    }
}

impl Sample {
    fn new(random: u64) -> Self {
        // The generator would stay at zero for ever.
        let random = random | 1;
        Self { held: Vec::new(), epoch: 0, filled: 0, threshold: 1.0, skip: 0, random }
    }

    fn put(&mut self, epoch: u64, size: usize, exemplar: Exemplar) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.filled = 0;
            self.threshold = 1.0;
        }
        let place = if self.filled < size {
            self.filled += 1;
            self.filled - 1
        } else {
            ((self.uniform() * size as f64) as usize).min(size - 1)
        };
        match self.held.get_mut(place) {
            Some(held) => *held = exemplar,
            None => self.held.push(exemplar),
        }
        self.skip = if self.filled < size { 0 } else { self.draw(size) };
    }

    /// How many offers to skip before the next is kept (Li 1994, algorithm L).
    fn draw(&mut self, size: usize) -> u64 {
        self.threshold *= (self.uniform().ln() / size as f64).exp();
        let skip = (self.uniform().ln() / (-self.threshold).ln_1p()).floor();
        // The conversion saturates, also for the infinity that a threshold of 0 gives.
        (skip as u64).min(EPOCH - 1)
    }

    /// A number above 0 and below 1 (xorshift64*).
    fn uniform(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let bits = self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        (bits as f64 + 0.5) / (1_u64 << 53) as f64
    }
}
