use std::hash::BuildHasher;
use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};

use super::number::Number;
use super::{Counts, Exemplar};

/// One step of the epoch, which is kept in the upper half of a word so that it compares with a
/// lane's gate in one subtraction.
const EPOCH: u64 = 1 << 32;

/// Above this many bounds a binary search is cheaper than looking at all of them.
const LINEAR_BOUNDS: usize = 64;

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
    shape: Shape,
    sampling: Arc<Sampling>,
    /// Made when the first offer is kept: most series of most programs never see one.
    lanes: OnceLock<Box<[Lane]>>,
}

/// How many exemplars the reservoirs of a stream hold, and which goes where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    /// Upper bounds of the buckets, padded with infinity to a multiple of four.
    bounds: Arc<[f64]>,
    lanes: usize,
    per_lane: usize,
}

/// A uniform sample of the offers made since the last collection.
#[derive(Debug)]
struct Lane {
    /// Epoch in the upper half, offers still to skip in the lower. Threads read and write it
    /// without locking: a decrement that is lost makes the sample a little less uniform.
    gate: AtomicU64,
    sample: Mutex<Sample>,
}

/// The part of a lane that is touched only when an offer is kept or the lane is read.
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
        let mut bounds = boundaries.to_vec();
        bounds.resize(boundaries.len().next_multiple_of(4), f64::INFINITY);
        Shape { bounds: bounds.into(), lanes: boundaries.len() + 1, per_lane: 1 }
    }

    /// `size` exemplars, whatever their values.
    pub(super) fn fixed(size: usize) -> Self {
        Shape { bounds: Arc::new([]), lanes: 1, per_lane: size.max(1) }
    }

    /// The first bucket whose bound is not below the value.
    #[inline]
    fn lane<T: Number>(&self, value: T) -> usize {
        if self.bounds.is_empty() {
            return 0;
        }
        let value = value.as_f64();
        if self.bounds.len() > LINEAR_BOUNDS {
            return self.bounds.partition_point(|bound| *bound < value);
        }
        let mut below = 0_u64;
        for four in self.bounds.chunks_exact(4) {
            for bound in four {
                below += u64::from(*bound < value);
            }
        }
        below as usize
    }
}

impl SeriesReservoir {
    pub(super) fn new(shape: Shape, sampling: Arc<Sampling>) -> Self {
        SeriesReservoir { shape, sampling, lanes: OnceLock::new() }
    }

    /// Offers a finite value. `filtered` is asked only if the offer is kept.
    #[inline]
    pub(super) fn offer<T: Number>(&self, value: T, filtered: impl FnOnce() -> Vec<KeyValue>) {
        let lane = self.shape.lane(value);
        if let Some(lanes) = self.lanes.get() {
            if lanes[lane].skip(self.sampling.epoch()) {
                return;
            }
        }
        self.keep(lane, value.as_f64(), filtered);
    }

    #[cold]
    fn keep(&self, lane: usize, value: f64, filtered: impl FnOnce() -> Vec<KeyValue>) {
        let lanes = self.lanes.get_or_init(|| {
            let random = RandomState::new();
            (0..self.shape.lanes).map(|lane| Lane::new(random.hash_one(lane))).collect()
        });
        lanes[lane].keep(&self.sampling, self.shape.per_lane, || {
            let (trace_id, span_id) = Context::map_current(|context| {
                let span = context.span();
                (span.span_context().trace_id(), span.span_context().span_id())
            });
            Exemplar { value, time: SystemTime::now(), trace_id, span_id, filtered: filtered() }
        });
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
        let lanes = self.lanes.get().map_or(&[] as &[Lane], |lanes| lanes);
        for (index, lane) in lanes.iter().enumerate() {
            for (place, exemplar) in lane.sample().held.iter().enumerate() {
                f(index + place, exemplar);
            }
        }
    }

    /// Whether nothing was kept yet.
    pub fn is_empty(&self) -> bool {
        self.lanes.get().is_none_or(|lanes| lanes.iter().all(|lane| lane.sample().held.is_empty()))
    }
}

impl Lane {
    fn new(random: u64) -> Self {
        Lane {
            gate: AtomicU64::new(0),
            sample: Mutex::new(Sample {
                held: Vec::new(),
                epoch: 0,
                filled: 0,
                threshold: 1.0,
                skip: 0,
                // The generator stays at zero for ever if it starts there.
                random: random | 1,
            }),
        }
    }

    /// Whether this offer is one to skip.
    #[inline]
    fn skip(&self, epoch: u64) -> bool {
        let gate = self.gate.load(Ordering::Relaxed);
        // Between 1 and u32::MAX exactly when the epoch is the same and offers are left to skip.
        let skips = gate.wrapping_sub(epoch).wrapping_sub(1) < EPOCH - 1;
        if skips {
            self.gate.store(gate - 1, Ordering::Relaxed);
        }
        skips
    }

    /// Keeps an exemplar, unless another thread is at this lane: the next offer is as good.
    fn keep(&self, sampling: &Sampling, size: usize, exemplar: impl FnOnce() -> Exemplar) {
        let mut sample = match self.sample.try_lock() {
            Ok(sample) => sample,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let epoch = sampling.epoch();
        // Another thread may have kept one since this one looked.
        if self.skip(epoch) {
            return;
        }
        let unskipped = self.gate.load(Ordering::Relaxed) % EPOCH;
        let offered = sample.skip.saturating_sub(unskipped) + 1;
        sample.put(epoch, size, exemplar());
        self.gate.store(epoch | sample.skip, Ordering::Relaxed);
        sampling.offered.fetch_add(offered, Ordering::Relaxed);
        sampling.kept.fetch_add(1, Ordering::Relaxed);
    }

    fn sample(&self) -> MutexGuard<'_, Sample> {
        self.sample.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Sample {
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
