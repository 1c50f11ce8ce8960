use std::{fmt, str::FromStr};

/// How metric and label names are made from OpenTelemetry's (`translation_strategy` of the
/// configuration file).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Translation {
    /// `media.job.duration` in `s` is `media_job_duration_seconds`. Counters end in `_total`.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// `media.job.duration` in `s` is `media_job_duration`. Metrics that differ in their unit only
    /// collide, and OpenMetrics knows no counter that does not end in `_total`: such a counter is of
    /// type `unknown` there and loses its exemplars.
    UnderscoreEscapingWithoutSuffixes,
    /// `media.job.duration` in `s` is `media.job.duration_seconds`, if the scraper asks for UTF-8.
    NoUtf8EscapingWithSuffixes,
    /// `media.job.duration` stays so, if the scraper asks for UTF-8. What is said of
    /// [`UnderscoreEscapingWithoutSuffixes`](Self::UnderscoreEscapingWithoutSuffixes) applies.
    NoTranslation,
}

/// A name of a translation that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a translation strategy; expected underscore_escaping_with_suffixes, \
     underscore_escaping_without_suffixes, no_utf8_escaping_with_suffixes or no_translation"
)]
pub struct UnknownTranslation(String);

impl Translation {
    pub(super) const NAMES: [(Self, &'static str); 4] = [
        (Self::UnderscoreEscapingWithSuffixes, "underscore_escaping_with_suffixes"),
        (Self::UnderscoreEscapingWithoutSuffixes, "underscore_escaping_without_suffixes"),
        (Self::NoUtf8EscapingWithSuffixes, "no_utf8_escaping_with_suffixes"),
        (Self::NoTranslation, "no_translation"),
    ];
}

impl fmt::Display for Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(translation, _)| translation == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// Reads the names of the configuration file, with or without their `/development`, in any case.
impl FromStr for Translation {
    type Err = UnknownTranslation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix("/development").unwrap_or(text);
        Self::NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(translation, _)| *translation)
            .ok_or_else(|| UnknownTranslation(text.to_owned()))
    }
}
