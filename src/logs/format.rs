use super::Error;
use std::{fmt, io::IsTerminal as _, str::FromStr};

/// How the console's lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `Human` where standard error is a terminal, `Json` elsewhere.
    #[default]
    Auto,
    /// An object a line.
    Json,
    /// Lines for people.
    Human,
    /// Nothing on the console. A configured file is still written.
    Off,
}

impl Format {
    /// What `Auto` means here and now. The others are themselves.
    #[must_use]
    pub fn resolved(self) -> Self {
        match self {
            Self::Auto if std::io::stderr().is_terminal() => Self::Human,
            Self::Auto => Self::Json,
            said => said,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Json => "json",
            Self::Human => "human",
            Self::Off => "off",
        })
    }
}

impl FromStr for Format {
    type Err = Error;

    /// `auto`, `json`, `human` or `off`, in any case.
    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Self::Auto,
            "json" => Self::Json,
            "human" => Self::Human,
            "off" => Self::Off,
            _ => return Err(Error::Format { text: text.to_owned() }),
        })
    }
}
