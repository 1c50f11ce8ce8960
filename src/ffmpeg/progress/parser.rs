use super::Progress;

/// The longest line that is kept. ffmpeg's own are under a hundred bytes.
const LONGEST_LINE: usize = 1024;
/// No output is ten years long: ffmpeg versions differ in what they print for an unknown time.
const LONGEST_US: i64 = 10 * 366 * 24 * 3600 * 1_000_000;

/// Turns the bytes of a `-progress` stream into blocks, wherever the bytes are cut.
///
/// Holds at most one line and one block, whatever it is fed. Keys that it does not know, lines without
/// `=`, lines that are not UTF-8 and lines over a thousand bytes are left out.
///
/// ```
/// use telecine::ffmpeg::progress::Parser;
///
/// let mut parser = Parser::default();
/// assert!(parser.feed(b"frame=48\nout_time_us=20").is_empty());
/// let blocks = parser.feed(b"00000\nprogress=continue\n");
/// assert_eq!(blocks[0].frame, Some(48));
/// assert_eq!(blocks[0].out_time_us, Some(2_000_000));
/// ```
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    too_long: bool,
    block: Block,
}

/// A block under way. The time is said up to three times; the best is taken at the end.
#[derive(Debug, Default)]
struct Block {
    progress: Progress,
    seen: bool,
    out_time: Option<i64>,
    out_time_ms: Option<i64>,
}

impl Parser {
    /// Takes the next bytes of the stream, and returns the blocks that they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Progress> {
        let mut blocks = Vec::new();
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, ends) = match piece {
                [text @ .., b'\n' | b'\r'] => (text, true),
                text => (text, false),
            };
            self.too_long |= self.line.len() + text.len() > LONGEST_LINE;
            if self.too_long {
                self.line.clear();
            } else {
                self.line.extend_from_slice(text);
            }
            if ends {
                if !self.too_long && self.block.line(&self.line) {
                    blocks.push(std::mem::take(&mut self.block).close());
                }
                self.too_long = false;
                self.line.clear();
            }
        }
        blocks
    }

    /// Ends the stream: the whole lines of a block that was not finished, if there are any. A line that
    /// was cut is left out, since half a number is a wrong one.
    pub fn finish(&mut self) -> Option<Progress> {
        self.line.clear();
        self.too_long = false;
        let block = std::mem::take(&mut self.block);
        block.seen.then(|| block.close())
    }
}

impl Block {
    /// Takes one line; true when it ends the block.
    fn line(&mut self, line: &[u8]) -> bool {
        let Some((key, value)) = std::str::from_utf8(line).ok().and_then(|line| line.split_once('=')) else {
            return false;
        };
        let value = value.trim();
        let progress = &mut self.progress;
        match key.trim() {
            "frame" => progress.frame = value.parse().ok(),
            "fps" => progress.fps = decimal(value),
            "dup_frames" => progress.dup_frames = value.parse().ok(),
            "drop_frames" => progress.drop_frames = value.parse().ok(),
            "total_size" => progress.total_size = value.parse().ok(),
            "speed" => progress.speed = value.strip_suffix('x').and_then(decimal),
            "bitrate" => {
                progress.bitrate = value.strip_suffix("kbits/s").and_then(decimal).map(|kilobits| kilobits * 1000.0);
            }
            "out_time_us" => progress.out_time_us = microseconds(value),
            // Named after milliseconds, it has always held microseconds.
            "out_time_ms" => self.out_time_ms = microseconds(value),
            "out_time" => self.out_time = clock(value),
            "progress" => {
                progress.end = value == "end";
                return true;
            }
            _ => return false,
        }
        self.seen = true;
        false
    }

    fn close(mut self) -> Progress {
        self.progress.out_time_us = self.progress.out_time_us.or(self.out_time).or(self.out_time_ms);
        self.progress
    }
}

fn decimal(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn microseconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|us| (-LONGEST_US..=LONGEST_US).contains(us))
}

/// Reads `[-]HH:MM:SS.ffffff`.
fn clock(text: &str) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut parts = text.splitn(3, ':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds = decimal(parts.next()?)?;
    let whole = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60_000_000)?;
    let us = whole.checked_add((seconds * 1e6).round() as i64)?;
    (0..=LONGEST_US).contains(&us).then_some(if negative { -us } else { us })
}
