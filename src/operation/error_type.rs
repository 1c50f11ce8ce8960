//! Why an operation failed.

use std::fmt;

/// Why an operation failed: the values of `error.type`, the same on its span and its measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorType {
    /// The input is not what it should be: damaged, truncated, of a kind that is not media.
    InputInvalid,
    /// The input is not there.
    InputMissing,
    /// A codec or format that this program cannot handle.
    CodecUnsupported,
    /// The encoder that was asked for cannot be used here.
    EncoderUnavailable,
    /// No space is left on the disk.
    DiskFull,
    /// No memory is left.
    OutOfMemory,
    /// Access was refused.
    Permission,
    /// A connection failed.
    Network,
    /// A service asked for fewer requests.
    Throttled,
    /// A store refused a request as wrong.
    StorageClient,
    /// A store failed.
    StorageServer,
    /// It ran out of time.
    Timeout,
    /// Something outside killed it.
    Killed,
    /// The program panicked.
    Panic,
    /// Anything else.
    Other,
}

/// Who has to act on an error: the values of `media.error.origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Whoever made the input.
    Input,
    /// The customer, whose settings cannot work.
    Customer,
    /// Whoever runs the platform.
    Platform,
    /// The network, or the service at its other end.
    Network,
}

impl ErrorType {
    /// Every error type.
    pub const ALL: [Self; 15] = [
        Self::InputInvalid,
        Self::InputMissing,
        Self::CodecUnsupported,
        Self::EncoderUnavailable,
        Self::DiskFull,
        Self::OutOfMemory,
        Self::Permission,
        Self::Network,
        Self::Throttled,
        Self::StorageClient,
        Self::StorageServer,
        Self::Timeout,
        Self::Killed,
        Self::Panic,
        Self::Other,
    ];

    /// The value of `error.type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InputInvalid => "input_invalid",
            Self::InputMissing => "input_missing",
            Self::CodecUnsupported => "codec_unsupported",
            Self::EncoderUnavailable => "encoder_unavailable",
            Self::DiskFull => "disk_full",
            Self::OutOfMemory => "out_of_memory",
            Self::Permission => "permission",
            Self::Network => "network",
            Self::Throttled => "throttled",
            Self::StorageClient => "storage_client",
            Self::StorageServer => "storage_server",
            Self::Timeout => "timeout",
            Self::Killed => "killed",
            Self::Panic => "panic",
            Self::Other => "_OTHER",
        }
    }

    /// The type that is written so.
    pub(crate) fn parse(said: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error_type| error_type.as_str() == said)
    }

    /// Who has to act.
    pub const fn origin(self) -> Origin {
        match self {
            Self::InputInvalid | Self::InputMissing => Origin::Input,
            Self::CodecUnsupported | Self::StorageClient => Origin::Customer,
            Self::Network | Self::Throttled | Self::StorageServer => Origin::Network,
            Self::EncoderUnavailable
            | Self::DiskFull
            | Self::OutOfMemory
            | Self::Permission
            | Self::Timeout
            | Self::Killed
            | Self::Panic
            | Self::Other => Origin::Platform,
        }
    }

    /// Whether another attempt may end better: not where the input or the settings are at fault.
    pub const fn is_retryable(self) -> bool {
        !matches!(
            self,
            Self::InputInvalid | Self::InputMissing | Self::CodecUnsupported | Self::Permission | Self::StorageClient
        )
    }
}

impl Origin {
    /// The value of `media.error.origin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Customer => "customer",
            Self::Platform => "platform",
            Self::Network => "network",
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
