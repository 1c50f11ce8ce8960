//! The attributes that more than one instrument has.

use super::definition::Attribute;

/// Why an operation failed.
pub const ERROR_TYPE: Attribute = Attribute::one_of(
    "error.type",
    "Why it failed; absent on success",
    &[
        "input_invalid",
        "input_missing",
        "codec_unsupported",
        "encoder_unavailable",
        "disk_full",
        "out_of_memory",
        "permission",
        "network",
        "throttled",
        "storage_client",
        "storage_server",
        "timeout",
        "killed",
        "panic",
        "_OTHER",
    ],
);

/// Who has to act on an error.
pub const ERROR_ORIGIN: Attribute = Attribute::one_of(
    "media.error.origin",
    "Who has to act: the input is bad, the customer's settings are, the platform failed, or the network did",
    &["input", "customer", "platform", "network"],
);

/// How an operation ended.
pub const OUTCOME: Attribute = Attribute::one_of(
    "media.outcome",
    "How it ended: `timeout` and `killed` are failures of their own, `cancelled` is nobody's fault",
    &["success", "failure", "cancelled", "timeout", "killed"],
);

/// What sort of job it is.
pub const JOB_TYPE: Attribute =
    Attribute::budget("media.job.type", "What sort of job, as the program names it: `transcode`, `clip`", 16);

/// A step of a job.
pub const STAGE: Attribute = Attribute::one_of(
    "media.stage",
    "The step of the job; `none` between steps",
    &["download", "probe", "transcode", "package", "transcribe", "diarize", "convert", "upload", "publish", "none"],
);

/// One output of a ladder.
pub const RENDITION: Attribute =
    Attribute::budget("media.rendition", "The output's name on the ladder: `720p`, `audio`", 16);

/// The codec that is produced.
pub const CODEC: Attribute = Attribute::budget("media.codec", "The codec that is produced: `h264`, `av1`, `aac`", 16);

/// Whether the encoder runs in hardware, and whose.
pub const HARDWARE: Attribute = Attribute::one_of(
    "media.encoder.hardware",
    "The hardware the encoder runs on; `none` is software",
    &["none", "nvenc", "vaapi", "qsv", "amf", "videotoolbox", "v4l2m2m"],
);

/// A source of pictures in a data set.
pub const CAMERA: Attribute = Attribute::budget("media.camera", "The camera that the frames come from", 16);

/// The form that a package has.
pub const PACKAGE_FORMAT: Attribute =
    Attribute::one_of("media.package.format", "The form of the package", &["hls", "dash", "cmaf", "mp4", "other"]);

/// The sort of file that is moved.
pub const FILE_TYPE: Attribute = Attribute::one_of(
    "media.file.type",
    "The sort of file",
    &["video", "audio", "segment", "manifest", "thumbnail", "caption", "dataset", "other"],
);

/// Where files are kept.
pub const STORE: Attribute =
    Attribute::budget("media.store", "The store's short name, as configured: `s3`, `file`; never a key or a URL", 8);

/// Whose files they are.
pub const TENANT: Attribute = Attribute::budget(
    "media.tenant",
    "The tenant's display name; never a key or another secret. Absent for what is nobody's in particular",
    64,
);

/// Why something was tried again.
pub const RETRY_REASON: Attribute = Attribute::one_of(
    "media.retry.reason",
    "Why it was tried again",
    &["throttled", "server", "network", "timeout", "other"],
);

/// Which part of the decoder or muxer complained.
pub const DEFECT_KIND: Attribute = Attribute::one_of(
    "media.defect.kind",
    "What the decoder survived: damaged data, missing or wrong timestamps, truncation",
    &["corrupt", "timestamp", "truncated", "other"],
);

/// Which way bytes went.
pub const IO_DIRECTION: Attribute =
    Attribute::one_of("media.io.direction", "As the program sees it", &["read", "write"]);

/// What was asked of a store.
pub const STORAGE_OPERATION: Attribute = Attribute::one_of(
    "media.storage.operation",
    "What was asked of the store; `create` begins a multipart upload",
    &["put", "create", "put_part", "complete", "abort", "get", "head", "delete", "list", "copy", "rename"],
);

/// The encoder that was asked for.
pub const ENCODER_REQUESTED: Attribute =
    Attribute::budget("media.encoder.requested", "The encoder that was asked for: `h264_nvenc`", 16);

/// The encoder that was used.
pub const ENCODER: Attribute = Attribute::budget("media.encoder", "The encoder that was used: `libx264`", 16);

/// A measure of picture quality.
pub const QUALITY_METRIC: Attribute = Attribute::one_of(
    "media.quality.metric",
    "The measure: SSIM in 0 to 1, PSNR in dB, VMAF in 0 to 100",
    &["ssim", "psnr", "vmaf"],
);

/// A queue of jobs.
pub const QUEUE_NAME: Attribute = Attribute::budget("media.queue.name", "The queue, as the program names it", 16);

/// A worker.
pub const WORKER_NAME: Attribute =
    Attribute::budget("media.worker.name", "The worker, as it names itself; its place is free once it is gone", 128);

/// What a worker does now.
pub const WORKER_STATE: Attribute = Attribute::one_of(
    "media.worker.state",
    "What the worker does now; `lost` is one whose heartbeats stay away",
    &["idle", "busy", "lost"],
);

/// What a worker may run out of.
pub const WORKER_RESOURCE: Attribute =
    Attribute::budget("media.worker.resource", "What a worker may run out of: `cpu`, `memory`, `gpu`, `encoder`", 16);

/// A background task.
pub const TASK: Attribute = Attribute::budget("media.task", "The background task, as the program names it", 32);

/// The model that is used.
pub const MODEL: Attribute = Attribute::budget("media.model", "The model's name: `small.en`, `en-us`", 16);

/// What a model runs on.
pub const BACKEND: Attribute =
    Attribute::budget("media.backend", "What the model runs on: `cuda`, `whisper.cpp`, `pocketsphinx`", 8);

/// A data set.
pub const DATASET: Attribute = Attribute::budget("media.dataset", "The data set's name, as configured", 64);

/// A cache.
pub const CACHE_NAME: Attribute = Attribute::budget("media.cache.name", "The cache's name, as the program has it", 16);

/// A buffer.
pub const BUFFER_NAME: Attribute =
    Attribute::budget("media.buffer.name", "The buffer's name, as the program has it", 16);

/// A database product.
pub const DB_SYSTEM: Attribute =
    Attribute::budget("db.system.name", "The product, as the conventions name it: `postgresql`, `redis`, `sqlite`", 8);

/// A database within a server.
pub const DB_NAMESPACE: Attribute =
    Attribute::budget("db.namespace", "The database within its server, as configured", 16);

/// What was asked of a database.
pub const DB_OPERATION: Attribute =
    Attribute::budget("db.operation.name", "What was asked of the database: `SELECT`, `HGET`", 32);

/// What it was asked about.
pub const DB_COLLECTION: Attribute =
    Attribute::budget("db.collection.name", "The table or collection that the operation is about", 64);

/// A database's own word for what was wrong.
pub const DB_STATUS_CODE: Attribute = Attribute::budget(
    "db.response.status_code",
    "The database's own code for what was wrong: an SQLSTATE, `WRONGTYPE`; absent on success",
    32,
);

/// A connection pool.
pub const DB_POOL: Attribute =
    Attribute::budget("db.client.connection.pool.name", "The pool's name, as the program has it", 16);

/// What a connection of a pool does.
pub const DB_POOL_STATE: Attribute =
    Attribute::one_of("db.client.connection.state", "Whether somebody has the connection", &["idle", "used"]);

/// Name of the server that is called.
pub const SERVER_ADDRESS: Attribute =
    Attribute::budget("server.address", "The host that is called, as configured, or as the request's URL names it", 64);

/// Port of the server that is called.
pub const SERVER_PORT: Attribute = Attribute::numbers(
    "server.port",
    "The port that is called; of a database, where it is not the product's usual one",
    64,
);
