//! Bucket families: the boundaries that histograms share.

/// A family of bucket boundaries. Each ends above any threshold that an alert on it uses, since
/// `histogram_quantile` never answers more than the highest bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    /// Requests, in seconds: the boundaries of OpenTelemetry's HTTP conventions.
    Request,
    /// Queries, in seconds: the boundaries of OpenTelemetry's database conventions.
    Query,
    /// Uploads, and parts of longer work, in seconds, to half an hour.
    Upload,
    /// Waiting in a queue, in seconds, to four hours.
    QueueWait,
    /// Media work (transcode, transcription, conversion, job), in seconds, to eight hours.
    Work,
    /// Ratios around 1.
    Ratio,
    /// Speed, in times real time.
    Speed,
    /// Scores of picture quality: SSIM up to 1, PSNR and VMAF up to 100.
    Score,
    /// Sizes in bytes, from 1 KiB to 64 GiB by fours.
    Size,
    /// Numbers of things: words, chunks.
    Count,
    /// A program's own: finite upper bounds, strictly increasing, in the instrument's unit.
    Own(&'static [f64]),
}

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;
const GIB: f64 = 1024.0 * MIB;

impl Family {
    /// Every family of telecine's.
    pub const ALL: [Self; 10] = [
        Self::Request,
        Self::Query,
        Self::Upload,
        Self::QueueWait,
        Self::Work,
        Self::Ratio,
        Self::Speed,
        Self::Score,
        Self::Size,
        Self::Count,
    ];

    /// The finite upper bounds, in the instrument's unit.
    pub const fn bounds(self) -> &'static [f64] {
        match self {
            Self::Request => &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0],
            Self::Query => &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0],
            Self::Upload => {
                &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0]
            }
            Self::QueueWait => {
                &[0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0]
            }
            Self::Work => &[
                0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0,
                28800.0,
            ],
            Self::Ratio => &[0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.5, 2.0, 5.0, 10.0],
            Self::Speed => {
                &[0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0]
            }
            Self::Score => &[
                0.5, 0.8, 0.9, 0.925, 0.95, 0.975, 0.99, 1.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0,
                80.0, 90.0, 95.0, 100.0,
            ],
            Self::Size => &[
                KIB,
                4.0 * KIB,
                16.0 * KIB,
                64.0 * KIB,
                256.0 * KIB,
                MIB,
                4.0 * MIB,
                16.0 * MIB,
                64.0 * MIB,
                256.0 * MIB,
                GIB,
                4.0 * GIB,
                16.0 * GIB,
                64.0 * GIB,
            ],
            Self::Count => &[
                1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0,
                50_000.0, 100_000.0,
            ],
            Self::Own(bounds) => bounds,
        }
    }

    /// The name used in the catalogue's documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Query => "query",
            Self::Upload => "upload",
            Self::QueueWait => "queue wait",
            Self::Work => "work",
            Self::Ratio => "ratio",
            Self::Speed => "speed",
            Self::Score => "score",
            Self::Size => "size",
            Self::Count => "count",
            Self::Own(_) => "own",
        }
    }
}
