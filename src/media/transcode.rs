//! A transcode: one encoder that makes one rendition.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::catalog::{attribute, transcode as definitions};
use crate::operation::{
    self, AsError, BoundCounter, BoundTimeCounter, Counter, End, Guard, Histogram, InFlight, Instruments, Labels,
    Measured, Outcome, Run, Span, TimeCounter, UpDownCounter,
};

/// What a decoder survived: the values of `media.defect.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefectKind {
    /// Damaged data.
    Corrupt,
    /// Missing or wrong timestamps.
    Timestamp,
    /// The input ends too early.
    Truncated,
    /// Anything else.
    Other,
}

impl DefectKind {
    /// The value of `media.defect.kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::Timestamp => "timestamp",
            Self::Truncated => "truncated",
            Self::Other => "other",
        }
    }
}

/// A measure of picture quality: the values of `media.quality.metric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QualityMetric {
    /// Structural similarity, 0 to 1.
    Ssim,
    /// Peak signal-to-noise ratio, in dB.
    Psnr,
    /// Video multimethod assessment fusion, 0 to 100.
    Vmaf,
}

impl QualityMetric {
    /// The value of `media.quality.metric`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ssim => "ssim",
            Self::Psnr => "psnr",
            Self::Vmaf => "vmaf",
        }
    }
}

/// The value of `media.encoder.hardware` for software.
const NO_HARDWARE: &str = "none";

/// The hardware that an encoder's name tells: `nvenc` of `h264_nvenc`.
fn hardware_of(encoder: &str) -> Option<&str> {
    let (_, hardware) = encoder.rsplit_once('_')?;
    matches!(hardware, "nvenc" | "vaapi" | "qsv" | "amf" | "videotoolbox" | "v4l2m2m").then_some(hardware)
}

#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    active: UpDownCounter,
    frames: Counter,
    dropped: Counter,
    duplicated: Counter,
    media_time: TimeCounter,
    pixels: Counter,
    input: Counter,
    output: Counter,
    compression_ratio: Histogram,
    speed: Histogram,
    stalls: Counter,
    defects: Counter,
    fallbacks: Counter,
    quality: Histogram,
}

impl Metrics {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::DURATION),
            active: instruments.up_down_counter(&definitions::ACTIVE),
            frames: instruments.counter(&definitions::FRAMES),
            dropped: instruments.counter(&definitions::FRAMES_DROPPED),
            duplicated: instruments.counter(&definitions::FRAMES_DUPLICATED),
            media_time: instruments.time_counter(&definitions::MEDIA_TIME),
            pixels: instruments.counter(&definitions::PIXELS),
            input: instruments.counter(&definitions::INPUT),
            output: instruments.counter(&definitions::OUTPUT),
            compression_ratio: instruments.histogram(&definitions::COMPRESSION_RATIO),
            speed: instruments.histogram(&definitions::SPEED),
            stalls: instruments.counter(&definitions::STALLS),
            defects: instruments.counter(&definitions::DEFECTS),
            fallbacks: instruments.counter(&definitions::FALLBACKS),
            quality: instruments.histogram(&definitions::QUALITY),
        }
    }
}

/// A transcode, to be run.
#[must_use = "a transcode that is not started is not measured"]
#[derive(Debug)]
pub struct Transcode {
    instruments: Instruments,
    metrics: Metrics,
    rendition: String,
    codec: String,
    encoder: Option<String>,
    hardware: String,
    camera: Option<String>,
}

/// A transcode that runs.
#[derive(Debug)]
pub struct Active {
    recorder: Recorder,
}

/// Records what a transcode does while it runs. A clone is the same.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Metrics,
    labels: LabelSets,
    frames: BoundCounter,
    dropped: BoundCounter,
    duplicated: BoundCounter,
    on_hardware: Mutex<OnHardware>,
    /// Microseconds of media that were produced.
    produced: AtomicU64,
    input: AtomicU64,
    output: AtomicU64,
}

/// What is measured by the hardware that the encoder runs on, which a fall-back changes.
#[derive(Debug)]
struct OnHardware {
    encoder: UsedEncoder,
    labels: Labels,
    media_time: BoundTimeCounter,
    pixels: BoundCounter,
    stalls: BoundCounter,
    in_flight: Option<InFlight>,
}

/// The encoder that is used in the end.
#[derive(Debug)]
struct UsedEncoder {
    name: Option<String>,
    hardware: String,
}

/// The sets of labels that the instruments have.
#[derive(Debug)]
struct LabelSets {
    none: Labels,
    rendition: Labels,
    rendition_codec: Labels,
    rendition_codec_camera: Labels,
}

impl Transcode {
    pub(super) fn new(instruments: &Instruments, metrics: &Metrics, rendition: &str) -> Self {
        Self {
            instruments: instruments.clone(),
            metrics: metrics.clone(),
            rendition: rendition.to_owned(),
            codec: "other".to_owned(),
            encoder: None,
            hardware: NO_HARDWARE.to_owned(),
            camera: None,
        }
    }

    /// The codec that is produced: `h264`, `av1`, `aac`.
    pub fn codec(mut self, codec: impl Into<String>) -> Self {
        self.codec = codec.into();
        self
    }

    /// The encoder, as ffmpeg names it: `libx264`. It goes on the span. The hardware is taken from a
    /// name that tells it, such as `h264_nvenc`.
    pub fn encoder(mut self, encoder: impl Into<String>) -> Self {
        let encoder = encoder.into();
        if let Some(hardware) = hardware_of(&encoder) {
            self.hardware = hardware.to_owned();
        }
        self.encoder = Some(encoder);
        self
    }

    /// The hardware the encoder runs on: `none` (the default), `nvenc`, `vaapi`, `qsv`, `amf`,
    /// `videotoolbox` or `v4l2m2m`.
    pub fn hardware(mut self, hardware: impl Into<String>) -> Self {
        self.hardware = hardware.into();
        self
    }

    /// The camera that the frames come from, where a data set has several.
    pub fn camera(mut self, camera: impl Into<String>) -> Self {
        self.camera = Some(camera.into());
        self
    }

    /// Starts it.
    pub fn start(self) -> Guard<Active> {
        let span = operation::open!(
            "transcode",
            "media.codec" = self.codec,
            "media.encoder" = ::tracing::field::Empty,
            "media.encoder.hardware" = ::tracing::field::Empty,
            "media.rendition" = self.rendition,
            "process.command_args" = ::tracing::field::Empty,
            "process.exit.code" = ::tracing::field::Empty,
            "process.pid" = ::tracing::field::Empty,
        );
        let labels = self.labels();
        let encoder = UsedEncoder { name: self.encoder, hardware: self.hardware };
        let classifiers = self.instruments.classifiers();
        let recorder = Recorder { shared: Arc::new(span.in_scope(|| Shared::new(self.metrics, labels, encoder))) };
        Guard::new(Active { recorder }, span, classifiers)
    }

    /// Runs a future as this transcode. What it produces is recorded through [`Active::recorder`], so
    /// this is for work of which only the time is known; `start` is for the other.
    pub fn run<F, T, E, Kind>(self, future: F) -> Run<Active, F, Kind>
    where
        F: Future<Output = Result<T, E>>,
        E: AsError<Kind>,
    {
        self.start().run(future)
    }

    fn labels(&self) -> LabelSets {
        let rendition = self.instruments.labels().set(&attribute::RENDITION, &self.rendition);
        let rendition_codec = rendition.clone().set(&attribute::CODEC, &self.codec);
        LabelSets {
            none: self.instruments.labels(),
            rendition_codec_camera: rendition_codec.clone().set_some(&attribute::CAMERA, self.camera.as_ref()),
            rendition,
            rendition_codec,
        }
    }
}

impl Active {
    /// What records the work while it runs.
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }
}

impl Shared {
    fn new(metrics: Metrics, labels: LabelSets, encoder: UsedEncoder) -> Self {
        metrics.input.publish(&labels.rendition);
        metrics.output.publish(&labels.rendition_codec);
        Self {
            frames: metrics.frames.bind(&labels.rendition_codec_camera),
            dropped: metrics.dropped.bind(&labels.rendition_codec),
            duplicated: metrics.duplicated.bind(&labels.rendition_codec),
            on_hardware: Mutex::new(OnHardware::new(&metrics, &labels, encoder)),
            produced: AtomicU64::new(0),
            input: AtomicU64::new(0),
            output: AtomicU64::new(0),
            metrics,
            labels,
        }
    }
}

impl Shared {
    fn on_hardware(&self) -> MutexGuard<'_, OnHardware> {
        self.on_hardware.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UsedEncoder {
    /// At the end only: what a span records twice is there twice.
    fn record(&self, span: &Span) {
        if let Some(name) = &self.name {
            operation::record(span, "media.encoder", name);
        }
        operation::record(span, "media.encoder.hardware", &self.hardware);
    }
}

impl OnHardware {
    fn new(metrics: &Metrics, labels: &LabelSets, encoder: UsedEncoder) -> Self {
        let labels = labels.rendition_codec.clone().set(&attribute::HARDWARE, &encoder.hardware);
        Self {
            media_time: metrics.media_time.bind(&labels),
            pixels: metrics.pixels.bind(&labels),
            stalls: metrics.stalls.bind(&labels),
            in_flight: Some(metrics.active.hold(&labels)),
            labels,
            encoder,
        }
    }
}

impl Recorder {
    /// Frames were encoded.
    pub fn frames(&self, count: u64) {
        self.shared.frames.add(count);
    }

    /// Frames were left out to keep the output's frame rate.
    pub fn dropped(&self, count: u64) {
        self.shared.dropped.add(count);
    }

    /// Frames were repeated to keep the output's frame rate.
    pub fn duplicated(&self, count: u64) {
        self.shared.duplicated.add(count);
    }

    /// So much media was produced.
    pub fn media_time(&self, produced: Duration) {
        self.shared.on_hardware().media_time.add(produced.as_secs_f64());
        let micros = u64::try_from(produced.as_micros()).unwrap_or(u64::MAX);
        self.shared.produced.fetch_add(micros, Ordering::Relaxed);
    }

    /// Pixels were encoded: frames times width times height.
    pub fn pixels(&self, count: u64) {
        self.shared.on_hardware().pixels.add(count);
    }

    /// So many bytes of input belong to this transcode. They are counted at its end.
    pub fn input_bytes(&self, bytes: u64) {
        self.shared.input.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes of output were written. They are counted where the transcode succeeds.
    pub fn output_bytes(&self, bytes: u64) {
        self.shared.output.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The transcode stopped to make progress.
    pub fn stall(&self) {
        self.shared.on_hardware().stalls.add(1);
    }

    /// The decoder survived errors in the input.
    pub fn defects(&self, kind: DefectKind, count: u64) {
        let labels = self.shared.labels.rendition.clone().set(&attribute::DEFECT_KIND, kind.as_str());
        self.shared.metrics.defects.add(count, &labels);
    }

    /// Another encoder than the one asked for is used. What is measured from now on, the transcode's end
    /// included, is of the hardware that its name tells.
    pub fn fallback(&self, requested: &str, used: &str) {
        let Shared { metrics, labels, .. } = &*self.shared;
        let encoders = labels.none.clone().set(&attribute::ENCODER_REQUESTED, requested).set(&attribute::ENCODER, used);
        metrics.fallbacks.add(1, &encoders);
        let hardware = hardware_of(used).unwrap_or(NO_HARDWARE).to_owned();
        let encoder = UsedEncoder { name: Some(used.to_owned()), hardware };
        *self.shared.on_hardware() = OnHardware::new(metrics, labels, encoder);
    }

    /// The picture's quality against its source was measured.
    pub fn quality(&self, metric: QualityMetric, score: f64) {
        let labels = self.shared.labels.rendition.clone().set(&attribute::QUALITY_METRIC, metric.as_str());
        self.shared.metrics.quality.record(score, &labels);
    }
}

impl Measured for Active {
    fn end(&mut self, end: &End, span: &Span) {
        let Shared { metrics, labels, produced, input, output, .. } = &*self.recorder.shared;
        let hardware = {
            let mut on_hardware = self.recorder.shared.on_hardware();
            on_hardware.in_flight = None;
            on_hardware.encoder.record(span);
            on_hardware.labels.clone()
        };
        metrics.duration.record(end.duration.as_secs_f64(), &end.label(&hardware));
        let input = input.load(Ordering::Relaxed);
        if input > 0 {
            metrics.input.add(input, &labels.rendition);
        }
        if end.outcome != Outcome::Success {
            return;
        }
        let output = output.load(Ordering::Relaxed);
        metrics.output.add(output, &labels.rendition_codec);
        if input > 0 && output > 0 {
            metrics.compression_ratio.record(output as f64 / input as f64, &labels.rendition_codec);
        }
        let produced = Duration::from_micros(produced.load(Ordering::Relaxed));
        if !produced.is_zero() && !end.duration.is_zero() {
            let speed = produced.as_secs_f64() / end.duration.as_secs_f64();
            metrics.speed.record(speed, &hardware);
        }
    }
}
