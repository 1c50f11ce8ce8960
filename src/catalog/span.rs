//! The spans that operations open, as data.
//!
//! Attributes of spans may be rich (ids, keys, arguments with secrets removed): they are stored with
//! the trace and make no series.

/// A span that an operation opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Name.
    pub name: &'static str,
    /// What it covers.
    pub description: &'static str,
    /// Attributes, ordered by key.
    pub attributes: &'static [SpanAttribute],
}

/// An attribute of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanAttribute {
    /// Key.
    pub key: &'static str,
    /// What the value says.
    pub description: &'static str,
}

const fn attribute(key: &'static str, description: &'static str) -> SpanAttribute {
    SpanAttribute { key, description }
}

const ERROR_TYPE: SpanAttribute = attribute("error.type", "Why it failed; absent on success");
const OUTCOME: SpanAttribute = attribute("media.outcome", "How it ended");
const RENDITION: SpanAttribute = attribute("media.rendition", "The output's name on the ladder");

/// Every span, by name.
pub const ALL: &[Span] = &[
    Span {
        name: "background",
        description: "One run of a background task; the root of its work",
        attributes: &[ERROR_TYPE, OUTCOME, attribute("media.task", "The task, as the program names it")],
    },
    Span {
        name: "job",
        description: "One attempt of a job; the root of its work",
        attributes: &[
            ERROR_TYPE,
            attribute("job_id", "The job's id, as the program names it"),
            attribute("media.job.attempt", "1 for the first attempt"),
            attribute("media.job.type", "What sort of job"),
            OUTCOME,
        ],
    },
    Span {
        name: "package",
        description: "Packaging of one asset",
        attributes: &[ERROR_TYPE, OUTCOME, attribute("media.package.format", "The form of the package")],
    },
    Span {
        name: "stage",
        description: "One step of a job",
        attributes: &[ERROR_TYPE, OUTCOME, attribute("media.stage", "The step")],
    },
    Span {
        name: "transcode",
        description: "One transcode of one rendition",
        attributes: &[
            ERROR_TYPE,
            attribute("media.codec", "The codec that is produced"),
            attribute("media.encoder", "The encoder that is used"),
            attribute("media.encoder.hardware", "The hardware the encoder runs on"),
            OUTCOME,
            RENDITION,
            attribute("process.command_args", "The encoder's arguments, secrets removed"),
            attribute("process.exit.code", "The encoder's exit status"),
            attribute("process.pid", "The encoder's process"),
        ],
    },
    Span {
        name: "upload",
        description: "One object's way up, retries included",
        attributes: &[
            ERROR_TYPE,
            attribute("media.file.type", "The sort of file"),
            attribute("media.object.key", "The object's key in its store"),
            OUTCOME,
            attribute("media.store", "The store's short name"),
            attribute("media.upload.size", "Size of the object, in bytes"),
        ],
    },
];
