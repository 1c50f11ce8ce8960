use std::path::PathBuf;
use std::time::Duration;

/// Which programs are run, and how long they may take. The same value serves a whole program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// ffmpeg: a path, or a name that is looked up in `PATH`. Default `ffmpeg`.
    pub ffmpeg: PathBuf,
    /// ffprobe: a path, or a name that is looked up in `PATH`. Default `ffprobe`.
    pub ffprobe: PathBuf,
    /// How long ffmpeg may run. Default: as long as it likes.
    pub timeout: Option<Duration>,
    /// How long the output may stand still until that is a stall. Default [`Self::DEFAULT_STALL_AFTER`].
    pub stall_after: Duration,
    /// Ends an ffmpeg that stalls, as a failure of type `timeout`. Default false: a stall is counted only.
    pub end_stalled: bool,
    /// How long ffmpeg has to end after it was asked to; then it is killed. Default
    /// [`Self::DEFAULT_STOP_WITHIN`].
    pub stop_within: Duration,
    /// How long ffprobe may take. Default [`Self::DEFAULT_PROBE_WITHIN`].
    pub probe_within: Duration,
}

impl Options {
    /// 30 seconds.
    pub const DEFAULT_STALL_AFTER: Duration = Duration::from_secs(30);
    /// 5 seconds.
    pub const DEFAULT_STOP_WITHIN: Duration = Duration::from_secs(5);
    /// 30 seconds.
    pub const DEFAULT_PROBE_WITHIN: Duration = Duration::from_secs(30);
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ffmpeg: "ffmpeg".into(),
            ffprobe: "ffprobe".into(),
            timeout: None,
            stall_after: Self::DEFAULT_STALL_AFTER,
            end_stalled: false,
            stop_within: Self::DEFAULT_STOP_WITHIN,
            probe_within: Self::DEFAULT_PROBE_WITHIN,
        }
    }
}
