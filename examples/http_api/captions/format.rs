//! The formats of captions.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::pdf;
use crate::answer::{Answer, Refusal};

/// Something that is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// Milliseconds from the start of the video.
    pub start: u64,
    pub end: u64,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Srt,
    Vtt,
    Json,
    Pdf,
}

impl Format {
    pub const ALL: [Self; 4] = [Self::Srt, Self::Vtt, Self::Json, Self::Pdf];
    pub const NAMES: [&str; 4] = ["srt", "vtt", "json", "pdf"];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Json => "application/json",
            Self::Pdf => "application/pdf",
        }
    }

    pub fn write(self, title: &str, cues: &[Cue]) -> Vec<u8> {
        let mut text = String::new();
        // A String takes all that is written to it.
        match self {
            Self::Srt => {
                for (number, Cue { start, end, text: said }) in (1..).zip(cues) {
                    let _ = write!(text, "{number}\n{} --> {}\n{said}\n\n", time(*start, ','), time(*end, ','));
                }
            }
            Self::Vtt => {
                text.push_str("WEBVTT\n\n");
                for Cue { start, end, text: said } in cues {
                    let said = said.replace('&', "&amp;").replace('<', "&lt;").replace("-->", "--&gt;");
                    let _ = write!(text, "{} --> {}\n{said}\n\n", time(*start, '.'), time(*end, '.'));
                }
            }
            Self::Json => text = json!({"title": title, "cues": cues}).to_string(),
            Self::Pdf => {
                let lines = cues.iter().flat_map(|cue| {
                    cue.text.lines().map(|line| format!("{}  {line}", time(cue.start, '.'))).collect::<Vec<_>>()
                });
                return pdf::write(title, lines);
            }
        }
        text.into_bytes()
    }
}

impl Cue {
    /// Reads SubRip.
    pub fn parse_all(text: &str) -> Answer<Vec<Self>> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let blocks = text.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
        let cue = |block| Self::parse(block).ok_or_else(|| Refusal::BadRequest(format!("no cue of SubRip: {block:?}")));
        blocks.map(cue).collect()
    }

    fn parse(block: &str) -> Option<Self> {
        let (_number, rest) = block.split_once('\n')?;
        let (times, text) = rest.split_once('\n').unwrap_or((rest, ""));
        let (start, end) = times.split_once("-->")?;
        Some(Self { start: parse_time(start.trim())?, end: parse_time(end.trim())?, text: text.trim().to_owned() })
    }
}

fn parse_time(text: &str) -> Option<u64> {
    let (seconds, millis) = text.split_once([',', '.'])?;
    let mut sum = 0_u64;
    for part in seconds.split(':') {
        sum = sum.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    sum.checked_mul(1000)?.checked_add(millis.get(..3)?.parse().ok()?)
}

fn time(millis: u64, point: char) -> String {
    let seconds = millis / 1000;
    format!("{:02}:{:02}:{:02}{point}{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, millis % 1000)
}
