//! What was said, as players and programs read it: SRT, WebVTT, JSON.

use std::fmt::Write as _;

use serde::Serialize;

#[derive(Serialize)]
pub struct Transcript {
    pub input: String,
    pub model: String,
    pub language: &'static str,
    pub duration_seconds: f64,
    pub turns: Vec<Said>,
}

/// One turn. Times are in seconds from the media's start.
#[derive(Serialize)]
pub struct Said {
    pub start: f64,
    pub end: f64,
    pub text: String,
    pub words: Vec<Word>,
}

#[derive(Serialize)]
pub struct Word {
    pub text: String,
    pub start: f64,
    pub end: f64,
}

impl Transcript {
    /// The files that it is published as: the extension, and what is in it.
    pub fn files(&self) -> anyhow::Result<[(&'static str, String); 3]> {
        Ok([("srt", self.srt()), ("vtt", self.vtt()), ("json", serde_json::to_string_pretty(self)?)])
    }

    fn srt(&self) -> String {
        let mut text = String::new();
        for (number, said) in self.spoken().enumerate() {
            let (start, end) = (clock(said.start, ','), clock(said.end, ','));
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}\n{start} --> {end}\n{}\n", number + 1, said.text);
        }
        text
    }

    fn vtt(&self) -> String {
        let mut text = "WEBVTT\n\n".to_owned();
        for said in self.spoken() {
            let (start, end) = (clock(said.start, '.'), clock(said.end, '.'));
            let _ = writeln!(text, "{start} --> {end}\n{}\n", said.text);
        }
        text
    }

    fn spoken(&self) -> impl Iterator<Item = &Said> {
        self.turns.iter().filter(|said| !said.words.is_empty())
    }
}

impl Said {
    pub fn new(start: f64, end: f64, words: Vec<Word>) -> Self {
        let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        Self { start: millis(start), end: millis(end), text, words }
    }
}

impl Word {
    pub fn new(text: &str, start: f64, end: f64) -> Self {
        Self { text: text.to_owned(), start: millis(start), end: millis(end) }
    }

    /// The same, of a piece that begins later.
    pub fn later(self, by: f64) -> Self {
        Self { start: millis(self.start + by), end: millis(self.end + by), ..self }
    }
}

/// No engine hears more than milliseconds.
fn millis(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// `00:01:02,345`.
fn clock(seconds: f64, point: char) -> String {
    let millis = (seconds * 1000.0).round() as u64;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}{point}{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
