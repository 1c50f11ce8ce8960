//! The thread that reads, and what the instruments are given of it.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Error, Reading, Source};
use crate::catalog::{Instrument, gpu as definitions};
use crate::operation::{Instruments, Labels, Observed, Observer};

/// How much older than three intervals a reading may be.
const GRACE: Duration = Duration::from_secs(1);

/// What was read last. The thread ends when nobody asks for it any more.
struct Sampler {
    latest: Arc<Latest>,
    valid_for: Duration,
    _asked: mpsc::Sender<()>,
}

type Latest = Mutex<Option<(Instant, Arc<[Gpu]>)>>;

/// A GPU, and the labels of its series.
struct Gpu {
    reading: Reading,
    labels: Labels,
    general: Labels,
    encoder: Labels,
    decoder: Labels,
    hardware: Labels,
}

type Give = fn(&Gpu, &mut Observer<'_>);

const GIVE: [(&Instrument, Give); 7] = [
    (&definitions::UTILIZATION, |gpu, observer| {
        let reading = &gpu.reading;
        for (percent, labels) in [
            (reading.general_utilization, &gpu.general),
            (reading.encoder_utilization, &gpu.encoder),
            (reading.decoder_utilization, &gpu.decoder),
        ] {
            give(percent.map(|percent| f64::from(percent) / 100.0), labels, observer);
        }
    }),
    (&definitions::MEMORY_USAGE, |gpu, observer| {
        give(gpu.reading.memory_used.map(|bytes| bytes as f64), &gpu.labels, observer);
    }),
    (&definitions::MEMORY_LIMIT, |gpu, observer| {
        give(gpu.reading.memory_total.map(|bytes| bytes as f64), &gpu.labels, observer);
    }),
    (&definitions::TEMPERATURE, |gpu, observer| {
        give(gpu.reading.temperature.map(f64::from), &gpu.labels, observer);
    }),
    (&definitions::POWER, |gpu, observer| {
        give(gpu.reading.power_usage.map(|milliwatts| f64::from(milliwatts) / 1e3), &gpu.hardware, observer);
    }),
    (&definitions::ENCODER_SESSIONS, |gpu, observer| {
        give(gpu.reading.encoder_sessions.map(f64::from), &gpu.labels, observer);
    }),
    (&definitions::ENCODER_LATENCY, |gpu, observer| {
        // Without a session there is nothing to take the average of, and NVML says 0.
        let latency = gpu.reading.encoder_average_latency.filter(|_| gpu.reading.encoder_sessions > Some(0));
        give(latency.map(|micros| f64::from(micros) / 1e6), &gpu.labels, observer);
    }),
];

fn give(value: Option<f64>, labels: &Labels, observer: &mut Observer<'_>) {
    if let Some(value) = value {
        observer.observe(value, labels);
    }
}

/// Observes the GPUs of a source until what is given back is dropped.
/// [`Builder::gpus`](crate::telemetry::Builder::gpus) does this; it is here for programs that have
/// [`Instruments`] of their own.
pub fn observe(instruments: &Instruments, source: impl Source + 'static) -> Observed {
    observe_boxed(instruments, Box::new(source))
}

pub(crate) fn observe_boxed(instruments: &Instruments, source: Box<dyn Source>) -> Observed {
    let interval = source.interval();
    let latest = Arc::<Latest>::default();
    let (asked, asks) = mpsc::channel();
    let thread = thread::Builder::new().name("telecine-gpu".to_owned()).spawn({
        let (latest, instruments) = (Arc::clone(&latest), instruments.clone());
        move || sample(source, interval, &instruments, &latest, &asks)
    });
    if let Err(error) = thread {
        tracing::warn!(target: "telecine", %error, "no thread could be started: GPU metrics are absent");
        return Observed::nothing();
    }
    let sampler = Arc::new(Sampler { latest, valid_for: 3 * interval + GRACE, _asked: asked });
    let observed = GIVE.into_iter().map(|(definition, give)| {
        let sampler = Arc::clone(&sampler);
        instruments.observe(definition, move |observer| sampler.gpus().iter().for_each(|gpu| give(gpu, observer)))
    });
    observed.collect()
}

/// Reads until nobody asks any more. Nobody waits for its end: the driver may never answer.
fn sample(
    mut source: Box<dyn Source>,
    interval: Duration,
    instruments: &Instruments,
    latest: &Latest,
    asks: &mpsc::Receiver<()>,
) {
    let mut failed = false;
    loop {
        match source.read() {
            Ok(readings) => {
                failed = false;
                let gpus = readings.into_iter().map(|reading| Gpu::new(instruments, reading)).collect();
                *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), gpus));
            }
            Err(error @ Error::Absent(_)) => {
                tracing::info!(target: "telecine", error = chain(&error), "GPU metrics are absent");
                return;
            }
            Err(error) => {
                if !failed {
                    tracing::warn!(target: "telecine", error = chain(&error), "GPU metrics are absent for now");
                }
                failed = true;
            }
        }
        if asks.recv_timeout(interval) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

fn chain(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Sampler {
    fn gpus(&self) -> Arc<[Gpu]> {
        match &*self.latest.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((at, gpus)) if at.elapsed() <= self.valid_for => Arc::clone(gpus),
            _ => Arc::new([]),
        }
    }
}

impl Gpu {
    fn new(instruments: &Instruments, reading: Reading) -> Self {
        let labels = instruments
            .labels()
            .set(&definitions::GPU_ID, &reading.pci_bus_id)
            .set(&definitions::GPU_NAME, &reading.name);
        let task = |task| labels.clone().set(&definitions::GPU_TASK, task);
        Self {
            general: task("general"),
            encoder: task("encoder"),
            decoder: task("decoder"),
            hardware: labels.clone().set(&definitions::HARDWARE_TYPE, "gpu"),
            labels,
            reading,
        }
    }
}
