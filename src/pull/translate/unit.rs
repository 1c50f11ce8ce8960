//! UCUM units as the words that Prometheus names end with.

use super::{Suffix, sanitized};

/// The words for a unit, or nothing: `By` is `bytes`, `m/s` is `meters_per_second`, `{frame}/s` is
/// `per_second`, and `{frame}` is no unit but a remark. `1` is a `ratio` for gauges; for anything
/// else it says that there is no unit.
pub(super) fn words(unit: &str, suffix: Suffix, escape: bool) -> String {
    if unit == "1" {
        return if suffix == Suffix::Gauge { "ratio".to_owned() } else { String::new() };
    }
    let (counted, per) = unit.split_once('/').unwrap_or((unit, ""));
    let mut words = part(counted, plural);
    let per = part(per, singular);
    if !per.is_empty() {
        if !words.is_empty() {
            words.push('_');
        }
        words.push_str("per_");
        words.push_str(&per);
    }
    if escape { sanitized(&words, |_| false) } else { words }
}

fn part(unit: &str, known: fn(&str) -> Option<&'static str>) -> String {
    let unit = unit.trim();
    if unit == "1" || unit.contains(['{', '}']) {
        return String::new();
    }
    known(unit).unwrap_or(unit).to_owned()
}

fn plural(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "kBy" | "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        _ => return None,
    })
}

fn singular(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "s" => "second",
        "min" | "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" | "a" => "year",
        _ => return None,
    })
}
