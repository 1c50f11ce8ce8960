//! Which encoder makes the video, and which one does if it cannot.
//!
//! Distributions build hardware encoders in wherever the library is; whether there is hardware shows only
//! when one is opened. A [`Command`] that encodes with one therefore falls back to
//! software when ffmpeg cannot open it, and counts that. [`Encoder::first_usable`] finds out beforehand.

use std::ffi::OsString;

use super::{Command, Failure, Options};

/// A video encoder of ffmpeg's, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Encoder {
    name: String,
    hardware: Hardware,
}

/// The hardware that an encoder runs on: the values of `media.encoder.hardware`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hardware {
    /// Software.
    None,
    /// NVIDIA.
    Nvenc,
    /// VA-API.
    Vaapi,
    /// Intel Quick Sync Video.
    Qsv,
    /// AMD Advanced Media Framework.
    Amf,
    /// Apple VideoToolbox.
    Videotoolbox,
    /// Linux memory-to-memory devices.
    V4l2m2m,
}

impl Hardware {
    /// The value of `media.encoder.hardware`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Nvenc => "nvenc",
            Self::Vaapi => "vaapi",
            Self::Qsv => "qsv",
            Self::Amf => "amf",
            Self::Videotoolbox => "videotoolbox",
            Self::V4l2m2m => "v4l2m2m",
        }
    }
}

impl Encoder {
    /// An encoder by ffmpeg's name for it: `libx264`, `h264_nvenc`, `hevc_vaapi`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let hardware = match name.rsplit_once('_').map(|(_, hardware)| hardware) {
            Some("nvenc") => Hardware::Nvenc,
            Some("vaapi") => Hardware::Vaapi,
            Some("qsv") => Hardware::Qsv,
            Some("amf") => Hardware::Amf,
            Some("videotoolbox") => Hardware::Videotoolbox,
            Some("v4l2m2m") => Hardware::V4l2m2m,
            _ => Hardware::None,
        };
        Self { name, hardware }
    }

    /// ffmpeg's name for it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hardware that it runs on.
    #[must_use]
    pub fn hardware(&self) -> Hardware {
        self.hardware
    }

    /// The codec that it produces, as far as its name tells: `h264`, `hevc`, `av1`, `vp9`.
    #[must_use]
    pub fn codec(&self) -> &str {
        match self.name.as_str() {
            "libx264" | "libx264rgb" | "libopenh264" => "h264",
            "libx265" => "hevc",
            "libsvtav1" | "libaom-av1" | "librav1e" => "av1",
            "libvpx-vp9" => "vp9",
            "libvpx" => "vp8",
            name if self.hardware == Hardware::None => name,
            name => name.rsplit_once('_').map_or(name, |(codec, _)| codec),
        }
    }

    /// The software encoder for the same codec, of a hardware encoder.
    #[must_use]
    pub fn software(&self) -> Option<Self> {
        if self.hardware == Hardware::None {
            return None;
        }
        match self.codec() {
            "h264" => Some(Self::new("libx264")),
            "hevc" => Some(Self::new("libx265")),
            "av1" => Some(Self::new("libsvtav1")),
            "vp9" => Some(Self::new("libvpx-vp9")),
            _ => None,
        }
    }

    /// Tries it here: encodes one black frame to nowhere.
    ///
    /// # Errors
    /// Why it cannot be used; `error.type` is `encoder_unavailable` where the hardware or its driver is
    /// missing, `codec_unsupported` where ffmpeg was built without it.
    pub async fn check(&self, options: &Options) -> Result<(), Failure> {
        Command::generate("color=black:s=256x256:r=1:d=1")
            .options(options)
            .encode_plainly(self.clone())
            .args(["-frames:v", "1", "-f", "null"])
            .output_nowhere()
            .run()
            .await
            .map(drop)
    }

    /// The first of these that can be used here.
    ///
    /// # Errors
    /// The last one's, when none can.
    pub async fn first_usable(options: &Options, wanted: impl IntoIterator<Item = Self>) -> Result<Self, Failure> {
        let mut failure = Failure::Arguments("no encoder was named");
        for encoder in wanted {
            match encoder.check(options).await {
                Ok(()) => return Ok(encoder),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Options that stand before the inputs.
    pub(crate) fn device(&self) -> &'static [&'static str] {
        match self.hardware {
            Hardware::Vaapi => &["-init_hw_device", "vaapi=telecine", "-filter_hw_device", "telecine"],
            Hardware::Qsv => &["-init_hw_device", "qsv=telecine", "-filter_hw_device", "telecine"],
            _ => &[],
        }
    }

    /// The end of the filter graph: how the encoder wants its pictures. 8 bits, which every player shows.
    pub(crate) fn upload(&self) -> &'static str {
        match self.hardware {
            Hardware::Vaapi => "format=nv12,hwupload",
            Hardware::Qsv | Hardware::Amf | Hardware::V4l2m2m => "format=nv12",
            _ => "format=yuv420p",
        }
    }

    /// The encoder and its rate: around `bitrate` bits per second where the picture needs them.
    pub(crate) fn options(&self, bitrate: u64) -> Vec<OsString> {
        let quality: &[&str] = match self.name.as_str() {
            "libx264" => &["-preset", "veryfast", "-crf", "21"],
            "libx265" => &["-preset", "fast", "-crf", "24", "-x265-params", "log-level=error", "-tag:v", "hvc1"],
            "libsvtav1" => &["-preset", "9", "-crf", "32"],
            _ if self.hardware == Hardware::Nvenc => &["-preset", "p4"],
            _ => &[],
        };
        let mut options: Vec<OsString> = vec!["-c:v".into(), self.name.as_str().into()];
        options.extend(quality.iter().map(Into::into));
        match self.name.as_str() {
            // Its rate is what the quality needs; these two only bound it.
            "libx264" | "libx265" => {
                options.extend(["-maxrate".into(), bitrate.to_string().into()]);
                options.extend(["-bufsize".into(), (bitrate * 2).to_string().into()]);
            }
            "libsvtav1" => {}
            _ => options.extend(["-b:v".into(), bitrate.to_string().into()]),
        }
        options
    }
}
