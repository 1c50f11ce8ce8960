//! What a part of a path is, by its shape.

/// A part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A plain word: it may be a route's own.
    Word(&'a str),
    /// A number, a date, a UUID, a hash, a token.
    Id,
    /// A title.
    Slug,
    /// One output of a ladder: `1080p`.
    Rendition,
    /// A piece of media.
    Segment,
    /// What a player needs before the first piece.
    Init,
    /// A list of pieces.
    Manifest,
    /// Any other file.
    File,
    /// All that is behind.
    Rest,
}

/// Longest plain word.
const WORD_LENGTH: usize = 24;

/// From this length on, letters and digits without order are a token.
const TOKEN_LENGTH: usize = 8;

const MANIFESTS: &[&str] = &["m3u8", "mpd", "ism", "isml", "f4m"];

/// Extensions that only pieces have.
const SEGMENTS: &[&str] = &["ts", "m4s", "m4f", "cmfv", "cmfa", "cmft"];

/// Extensions that pieces have, and whole files too.
const MEDIA: &[&str] =
    &["mp4", "m4v", "m4a", "webm", "vtt", "webvtt", "aac", "mp3", "ac3", "ec3", "opus", "ogg", "wav"];

/// Extensions of other files that a media server serves.
const FILES: &[&str] = &[
    "mov",
    "mkv",
    "avi",
    "flac",
    "jpg",
    "jpeg",
    "png",
    "gif",
    "webp",
    "avif",
    "svg",
    "ico",
    "srt",
    "ttml",
    "css",
    "js",
    "mjs",
    "map",
    "json",
    "html",
    "htm",
    "txt",
    "woff",
    "woff2",
    "ttf",
    "wasm",
    "pdf",
    "key",
    "parquet",
    "mcap",
    "bin",
    "webmanifest",
];

impl<'a> Part<'a> {
    /// The shape of a part; nothing for what no route of a media server has.
    pub(super) fn of(part: &'a str) -> Option<Self> {
        let is_plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%+@:,=".contains(&byte));
        if !is_plain || part.starts_with('.') {
            return None;
        }
        if let Some((stem, extension)) = part.rsplit_once('.') {
            if !extension.bytes().all(|byte| byte.is_ascii_digit()) {
                return Self::of_file(stem, extension);
            }
        }
        Some(Self::of_name(part))
    }

    fn of_file(stem: &str, extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        let is = |extensions: &[&str]| extensions.contains(&&*extension);
        if is(MANIFESTS) {
            return Some(Self::Manifest);
        }
        let is_piece = is(SEGMENTS);
        if (is_piece || is(MEDIA)) && stem.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == "init") {
            return Some(Self::Init);
        }
        if is_piece || (is(MEDIA) && is_numbered(stem)) {
            return Some(Self::Segment);
        }
        (is(MEDIA) || is(FILES)).then_some(Self::File)
    }

    fn of_name(name: &'a str) -> Self {
        if is_number(name) || is_uuid(name) || is_hash(name) {
            Self::Id
        } else if is_rendition(name) {
            Self::Rendition
        } else if is_word(name) {
            Self::Word(name)
        } else if is_token(name) {
            Self::Id
        } else {
            Self::Slug
        }
    }

    /// What stands for it in a template.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Word(word) => word,
            Self::Id => "{id}",
            Self::Slug => "{slug}",
            Self::Rendition => "{rendition}",
            Self::Segment => "{segment}",
            Self::Init => "{init}",
            Self::Manifest => "{manifest}",
            Self::File => "{file}",
            Self::Rest => "{*rest}",
        }
    }
}

/// `0001`, `1080p_0001`, `seg-12`, `chunk7`: a number of its own at the end.
fn is_numbered(stem: &str) -> bool {
    let name = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    name.len() < stem.len()
        && (name.is_empty()
            || name.ends_with(['_', '-', '.'])
            || ["seg", "segment", "chunk", "frag", "fragment", "part"].contains(&name.to_ascii_lowercase().as_str()))
}

/// Digits, and what stands between those of dates, times and versions.
fn is_number(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_digit() || b"-_.:,".contains(&byte))
}

fn is_uuid(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Hexadecimal digits, of both sorts: `deadbeef` and `facade` are words.
fn is_hash(name: &str) -> bool {
    name.len() >= TOKEN_LENGTH
        && name.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (name.len() >= 32 || name.bytes().any(|byte| byte.is_ascii_digit()))
}

/// `720p`, `1080p60`.
fn is_rendition(name: &str) -> bool {
    let Some((lines, rate)) = name.split_once('p') else { return false };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(lines.len(), 3 | 4) && is_digits(lines) && rate.len() <= 3 && is_digits(rate)
}

/// Lower case, one word or two, and at most two digits, at the end: `videos`, `watch-history`, `v1`.
fn is_word(name: &str) -> bool {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    name.len() <= WORD_LENGTH
        && name.len() - letters.len() <= 2
        && letters.starts_with(|c: char| c.is_ascii_lowercase())
        && letters.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_')
        && letters.bytes().filter(|byte| !byte.is_ascii_lowercase()).count() <= 1
}

/// Letters and digits without order, as random identifiers have them.
fn is_token(name: &str) -> bool {
    let has = |is: fn(&u8) -> bool| name.bytes().any(|byte| is(&byte));
    let sorts = [u8::is_ascii_digit, u8::is_ascii_uppercase, u8::is_ascii_lowercase];
    name.len() >= TOKEN_LENGTH
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && sorts.into_iter().all(has)
}
