//! Reads what ffmpeg writes to standard error: the end of it is kept, each line is looked at once.

use std::collections::VecDeque;

use crate::ffmpeg::command::redact;
use crate::media::transcode::DefectKind;
use crate::operation::ErrorType;

/// How much is kept of the messages, counted from their end.
const KEPT_LINES: usize = 200;
const KEPT_BYTES: usize = 64 * 1024;
/// The longest line that is looked at.
const LONGEST_LINE: usize = 4096;

/// What ffmpeg wrote to standard error.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    inputs: Vec<String>,
    renamed: Vec<(String, String)>,
    partial: Vec<u8>,
    kept: VecDeque<String>,
    kept_bytes: usize,
    diagnosis: Option<Ranked>,
    defects: [u64; 4],
    first_defect: Option<String>,
}

/// The line that says most about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnosis {
    pub(crate) error_type: ErrorType,
    pub(crate) message: String,
}

#[derive(Debug)]
struct Ranked {
    rank: Rank,
    diagnosis: Diagnosis,
}

/// How much a line says about the cause of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Any line, the last of them.
    Said,
    /// A line that ffmpeg calls an error, the last of them.
    Error,
    /// A consequence that tells a class.
    Consequence,
    /// The cause, the first of them.
    Cause,
    /// A cause that explains every other, however late it is said.
    Root,
}

/// ffmpeg's word for how bad a line is, as `-loglevel level+…` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Unknown,
    Warning,
    Error,
}

/// A line taken apart: `[component @ address] [level] text`.
struct Line<'a> {
    component: &'a str,
    severity: Severity,
    text: &'a str,
}

impl Messages {
    /// Makes a reader that knows the inputs' names, in every way that ffmpeg's messages spell them.
    pub(crate) fn new(inputs: Vec<String>) -> Self {
        Self { inputs, ..Self::default() }
    }

    /// Shows outputs under the names that they are to get: `(written, final)`.
    pub(crate) fn rename(mut self, outputs: impl IntoIterator<Item = (String, String)>) -> Self {
        self.renamed = outputs.into_iter().collect();
        self
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, ends) = match piece {
                [text @ .., b'\n' | b'\r'] => (text, true),
                text => (text, false),
            };
            let room = LONGEST_LINE.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                self.end_line();
            }
        }
    }

    /// Ends the stream: a line without an end is a line.
    pub(crate) fn finish(&mut self) {
        self.end_line();
    }

    fn end_line(&mut self) {
        let bytes = std::mem::take(&mut self.partial);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let mut shown = redact::text(text).into_owned();
        for (written, path) in self.renamed.iter().filter(|(written, _)| text.contains(written.as_str())) {
            shown = shown.replace(written.as_str(), path);
        }
        self.judge(&Line::parse(&shown));
        self.kept_bytes += shown.len();
        self.kept.push_back(shown);
        while self.kept.len() > KEPT_LINES || self.kept_bytes > KEPT_BYTES {
            self.kept_bytes -= self.kept.pop_front().map_or(0, |line| line.len());
        }
    }

    fn judge(&mut self, line: &Line<'_>) {
        if let Some(kind) = defect(line) {
            self.defects[kind as usize] += 1;
            self.first_defect.get_or_insert_with(|| line.text.to_owned());
        }
        let (rank, error_type) = self.classify(line);
        // Of causes the first, of plain lines the last: an error's end is nearer to the failure.
        let better = self
            .diagnosis
            .as_ref()
            .is_none_or(|best| rank > best.rank || rank == best.rank && rank < Rank::Consequence);
        if better {
            let message = line.text.to_owned();
            self.diagnosis = Some(Ranked { rank, diagnosis: Diagnosis { error_type, message } });
        }
    }

    fn classify(&self, line: &Line<'_>) -> (Rank, ErrorType) {
        let has = |texts: &[&str]| texts.iter().any(|text| line.text.contains(text));
        let names_input = self.inputs.iter().any(|input| line.text.starts_with(input.as_str()))
            || has(&["Error opening input", "input file"]);
        if let Some((_, error_type)) = ROOT_CAUSES.iter().find(|(texts, _)| has(texts)) {
            return (Rank::Root, *error_type);
        }
        if let Some(encoder) = line.text.strip_prefix("Unknown encoder '") {
            let missing = is_hardware(encoder.trim_end_matches('\''));
            let error_type = if missing { ErrorType::EncoderUnavailable } else { ErrorType::CodecUnsupported };
            return (Rank::Cause, error_type);
        }
        if let Some((_, error_type)) = CAUSES.iter().find(|(texts, _)| has(texts)) {
            return (Rank::Cause, *error_type);
        }
        if has(&["No such file or directory"]) {
            return if names_input { (Rank::Cause, ErrorType::InputMissing) } else { (Rank::Error, ErrorType::Other) };
        }
        if line.severity >= Severity::Error && is_hardware(line.component) {
            return (Rank::Cause, ErrorType::EncoderUnavailable);
        }
        if let Some((_, error_type)) = CONSEQUENCES.iter().find(|(texts, _)| has(texts)) {
            return (Rank::Consequence, *error_type);
        }
        let rank = if line.severity >= Severity::Error { Rank::Error } else { Rank::Said };
        (rank, ErrorType::Other)
    }

    /// What went wrong, of a process that failed. An input's name before it is left out.
    pub(crate) fn diagnosis(&self) -> Diagnosis {
        let Some(ranked) = &self.diagnosis else {
            return Diagnosis { error_type: ErrorType::Other, message: "it gave no reason".to_owned() };
        };
        let Diagnosis { error_type, message } = &ranked.diagnosis;
        let rest = self.inputs.iter().find_map(|input| message.strip_prefix(input.as_str())?.strip_prefix(": "));
        Diagnosis { error_type: *error_type, message: rest.unwrap_or(message).to_owned() }
    }

    /// Whether a line tells the cause of a failure.
    pub(crate) fn knows_cause(&self) -> bool {
        self.diagnosis.as_ref().is_some_and(|ranked| ranked.rank >= Rank::Cause)
    }

    /// What went wrong, of a process that reported success and yet did not write what it should: some muxers only say so.
    pub(crate) fn hidden(&self) -> Option<Diagnosis> {
        self.diagnosis
            .as_ref()
            .filter(|ranked| ranked.diagnosis.error_type == ErrorType::DiskFull)
            .map(|ranked| ranked.diagnosis.clone())
    }

    /// The defects that were survived, by kind.
    pub(crate) fn defects(&self) -> impl Iterator<Item = (DefectKind, u64)> + use<> {
        const KINDS: [DefectKind; 4] =
            [DefectKind::Corrupt, DefectKind::Timestamp, DefectKind::Truncated, DefectKind::Other];
        let counts = self.defects;
        KINDS.into_iter().map(move |kind| (kind, counts[kind as usize])).filter(|(_, count)| *count > 0)
    }

    pub(crate) fn first_defect(&self) -> &str {
        self.first_defect.as_deref().unwrap_or_default()
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.kept.into()
    }
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let mut rest = line;
        let mut component = "";
        let mut severity = Severity::Unknown;
        while let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            match inside {
                "panic" | "fatal" | "error" => severity = Severity::Error,
                "warning" => severity = Severity::Warning,
                _ if inside.contains(" @ ") => component = inside.split(" @ ").next().unwrap_or_default(),
                _ => break,
            }
            rest = after.trim_start();
        }
        Self { component, severity, text: rest }
    }
}

type Table = &'static [(&'static [&'static str], ErrorType)];

const ROOT_CAUSES: Table = &[
    (&["No space left on device", "Disk quota exceeded", "File too large"], ErrorType::DiskFull),
    (
        &[
            "Cannot load libcuda",
            "Cannot load nvcuda",
            "Cannot load libnvidia-encode",
            "Cannot load nvEncodeAPI",
            "No NVENC capable devices",
            "No capable devices found",
            "OpenEncodeSessionEx failed",
            "required nvenc API version",
            "cuInit(0) failed",
            "cuCtxCreate failed",
            "CUDA_ERROR_OUT_OF_MEMORY",
            "Failed to create a CUDA",
            "No VA display found",
            "Failed to initialise VAAPI",
            "vaInitialize failed",
            "MFX session",
            "No device available for",
            "Device creation failed",
            "Could not find a valid device",
            "A hardware device reference is required",
            "libOmxCore.so not found",
            "cannot create compression session",
        ],
        ErrorType::EncoderUnavailable,
    ),
    (&["Cannot allocate memory", "std::bad_alloc", "Out of memory", "failed to map segment"], ErrorType::OutOfMemory),
];

const CAUSES: Table = &[
    (&["Permission denied", "Operation not permitted", "401 Unauthorized", "403 Forbidden"], ErrorType::Permission),
    (&["404 Not Found", "410 Gone"], ErrorType::InputMissing),
    (&["429 Too Many Requests"], ErrorType::Throttled),
    (
        &[
            "Connection refused",
            "Connection reset",
            "Connection timed out",
            "Failed to resolve hostname",
            "Network is unreachable",
            "No route to host",
            "Broken pipe",
            "HTTP error 5",
            "Server returned 5",
            "Temporary failure in name resolution",
            "TLS fatal alert",
            "Connection to tcp",
        ],
        ErrorType::Network,
    ),
    (
        &[
            "Unknown decoder",
            "Encoder not found",
            "Decoder not found",
            "no decoder found",
            "No decoder for",
            "Decoder (codec",
            "encoder not found",
            "Encoder (codec",
            "Automatic encoder selection failed",
            "No such filter",
            "codec not currently supported in container",
            "Could not find tag for codec",
            "Unsupported codec",
            "Unknown bitstream filter",
            "Requested output format",
        ],
        ErrorType::CodecUnsupported,
    ),
    (
        &[
            "moov atom not found",
            "Is a directory",
            "matches no streams",
            "does not contain any stream",
            "EBML header parsing failed",
            "Header missing",
            "Failed to read frame size",
        ],
        ErrorType::InputInvalid,
    ),
];

const CONSEQUENCES: Table = &[(
    &[
        "Invalid data found when processing input",
        "could not find codec parameters",
        "Could not find codec parameters",
        "Cannot determine format of input",
        "Nothing was written into output",
        "Error while decoding",
        "End of file",
    ],
    ErrorType::InputInvalid,
)];

/// Whether an encoder of this name needs hardware.
fn is_hardware(encoder: &str) -> bool {
    encoder.rsplit_once('_').is_some_and(|(_, hardware)| {
        matches!(hardware, "nvenc" | "vaapi" | "qsv" | "amf" | "videotoolbox" | "v4l2m2m" | "omx" | "mf" | "vulkan")
    })
}

/// The defect of the input that a line tells of. What encoders and outputs complain about is none.
fn defect(line: &Line<'_>) -> Option<DefectKind> {
    const TRUNCATED: &[&str] =
        &["partial file", "truncat", "File ended prematurely", "unexpected end", "Premature end"];
    const TIMESTAMP: &[&str] = &[
        "monoton",
        "imestamps are unset",
        "Invalid timestamps",
        "Invalid DTS",
        "DTS discontinuity",
        "pts has no value",
        "first pts value must be set",
        "invalid dropping",
        "out of order",
    ];
    const CORRUPT: &[&str] = &[
        "orrupt",
        "nvalid",
        "rror while decoding",
        "rror submitting packet",
        "rror splitting",
        "missing picture",
        "concealing",
        "decode_slice",
        "no frame!",
        "overread",
        "damaged",
        "bytestream",
        "out of range",
        "non-existing",
        "illegal",
        "CRC mismatch",
        "mmco",
        "reference picture missing",
        "Could not find ref",
    ];
    let has = |texts: &[&str]| texts.iter().any(|text| line.text.contains(text));
    if line.severity < Severity::Warning || is_hardware(line.component) {
        return None;
    }
    if has(TRUNCATED) {
        Some(DefectKind::Truncated)
    } else if has(TIMESTAMP) {
        Some(DefectKind::Timestamp)
    } else if has(CORRUPT) && (line.severity >= Severity::Error || has(&["orrupt"])) {
        Some(DefectKind::Corrupt)
    } else {
        (line.severity >= Severity::Error).then_some(DefectKind::Other)
    }
}
