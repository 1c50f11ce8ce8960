//! The spans that operations open, as data.
//!
//! Attributes of spans may be rich (ids, keys, arguments with secrets removed): they are stored with
//! the trace and make no series.

/// A span that an operation opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Name. One in braces stands for the value of that attribute.
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
const MODEL: SpanAttribute = attribute("media.model", "The model that is used");
const RENDITION: SpanAttribute = attribute("media.rendition", "The output's name on the ladder");

/// Every span, by name.
pub const ALL: &[Span] = &[
    Span {
        name: "background",
        description: "One run of a background task; the root of its work",
        attributes: &[ERROR_TYPE, OUTCOME, attribute("media.task", "The task, as the program names it")],
    },
    Span {
        name: "convert",
        description: "Conversion of one episode of a data set",
        attributes: &[
            ERROR_TYPE,
            attribute("media.conversion.frames", "Frames that were converted, of all cameras"),
            attribute("media.dataset", "The data set"),
            attribute("media.episode", "The episode's name or number"),
            OUTCOME,
        ],
    },
    Span {
        name: "diarize",
        description: "Telling the speakers of one media apart",
        attributes: &[ERROR_TYPE, MODEL, OUTCOME],
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
        name: "load_model",
        description: "Loading one model, until it can be used",
        attributes: &[ERROR_TYPE, attribute("media.backend", "What the model runs on"), MODEL, OUTCOME],
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
        name: "transcribe",
        description: "One transcription",
        attributes: &[
            ERROR_TYPE,
            MODEL,
            OUTCOME,
            attribute("media.transcription.chunks", "Pieces that the media was transcribed in"),
            attribute("media.transcription.language", "The language that is spoken, as the program names it"),
            attribute("media.transcription.words", "Words of the transcript"),
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
    // By the conventions; a client's span, of kind CLIENT.
    Span {
        name: "{db.operation.name} {db.collection.name}",
        description: "One operation of a database client; without a collection the namespace stands in its place, and without either nothing",
        attributes: &[
            attribute("db.collection.name", "The table or collection that it is about"),
            attribute("db.namespace", "The database within its server"),
            attribute("db.operation.name", "What was asked of the database"),
            attribute("db.query.text", "The query, its literals replaced by `?`"),
            attribute("db.response.status_code", "The database's own code for what was wrong"),
            attribute("db.system.name", "The product"),
            ERROR_TYPE,
            OUTCOME,
            attribute("server.address", "The server's name or address"),
            attribute("server.port", "The server's port, where it is not the product's usual one"),
        ],
    },
    Span {
        name: "{http.request.method} {http.route}",
        description: "One request that is served, to the end of the response's body",
        attributes: &[
            attribute("client.address", "Who asked: the first that a proxy names, or the peer"),
            ERROR_TYPE,
            attribute("http.request.body.size", "Bytes that were received"),
            attribute("http.request.method", "The method; `_OTHER` is one that is not known"),
            attribute("http.request.method_original", "The method as it came, where it is not known"),
            attribute("http.response.body.size", "Bytes that were sent"),
            attribute("http.response.status_code", "The response's status code"),
            attribute("http.route", "The template that the path matched"),
            OUTCOME,
            attribute("network.peer.address", "The peer's address, where the server says it"),
            attribute("network.peer.port", "The peer's port"),
            attribute("network.protocol.version", "The version of HTTP"),
            attribute("rpc.response.status_code", "The gRPC status"),
            attribute("rpc.system.name", "`grpc`, where it is"),
            attribute("server.address", "The host that the client named"),
            attribute("server.port", "The port that the client named"),
            attribute("url.path", "The path"),
            attribute("url.query", "The query, secrets removed"),
            attribute("url.scheme", "The scheme that the client used"),
            attribute("user_agent.original", "What the client calls itself"),
        ],
    },
    Span {
        name: "{http.request.method} {url.template}",
        description: "One request that is made, to the end of the response's body",
        attributes: &[
            ERROR_TYPE,
            attribute("http.request.body.size", "Size of the request's body"),
            attribute("http.request.method", "The method; `_OTHER` is one that is not known"),
            attribute("http.request.method_original", "The method as it is, where it is not known"),
            attribute("http.response.body.size", "Bytes that were received"),
            attribute("http.response.status_code", "The response's status code"),
            OUTCOME,
            attribute("network.protocol.version", "The version of HTTP"),
            attribute("rpc.response.status_code", "The gRPC status"),
            attribute("rpc.system.name", "`grpc`, where it is"),
            attribute("server.address", "The host that is called"),
            attribute("server.port", "The port that is called"),
            attribute("url.full", "The URL, without user, password and secrets"),
            attribute("url.template", "The template of the path, where the caller gives one"),
        ],
    },
];
