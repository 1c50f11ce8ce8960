//! Removes secrets from what is shown: arguments on spans, lines of ffmpeg's messages.

use std::borrow::Cow;
use std::ffi::OsStr;

const REDACTED: &str = "REDACTED";
/// The longest argument that is shown whole, in characters: a filter graph fits.
const LONGEST: usize = 1024;
/// Words in an option's name that say its value is secret.
const SECRET_WORDS: &[&str] = &[
    "auth",
    "authorization",
    "cookie",
    "cookies",
    "cred",
    "creds",
    "credentials",
    "header",
    "headers",
    "iv",
    "key",
    "keys",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "signature",
    "streamid",
    "token",
];
/// Options whose name has such a word and whose value is no secret.
const NO_SECRET: &[&str] = &["force_key_frames", "hls_key_info_file"];
/// Schemes whose path ends in the key that lets one publish.
const KEY_IN_PATH: &[&str] = &["rtmp", "rtmps", "rtmpt", "rtmpts", "rtmpe", "rtmpte"];

/// Shows arguments: values of options that carry secrets, user names and passwords in URLs, the values
/// in their queries, and publishing keys are replaced; very long ones are cut.
pub(crate) fn arguments<'a>(arguments: impl IntoIterator<Item = &'a OsStr>) -> Vec<String> {
    let mut secret_follows = false;
    arguments
        .into_iter()
        .map(|argument| {
            let argument = argument.to_string_lossy();
            if std::mem::take(&mut secret_follows) {
                return REDACTED.to_owned();
            }
            secret_follows = argument.strip_prefix('-').is_some_and(is_secret);
            shorten(text(&argument))
        })
        .collect()
}

fn is_secret(option: &str) -> bool {
    let name = option.split(':').next().unwrap_or_default();
    !NO_SECRET.contains(&name) && name.split(['_', '-']).any(|word| SECRET_WORDS.contains(&word))
}

/// Shows a text: secrets in the URLs that it holds are replaced.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(|c: char| c.is_whitespace() || "|'\"`<>".contains(c)).unwrap_or(after.len());
        let scheme = before[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        shown.push_str(before);
        url(scheme, &after[..end], &mut shown);
        rest = &after[end..];
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// Shows what follows `scheme://`.
fn url(scheme: &str, url: &str, shown: &mut String) {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let (authority, path) = address.find('/').map_or((address, ""), |at| address.split_at(at));
    if let Some((_, host)) = authority.rsplit_once('@') {
        shown.push_str(REDACTED);
        shown.push('@');
        shown.push_str(host);
    } else {
        shown.push_str(authority);
    }
    match path.rsplit_once('/') {
        Some((application, key)) if !key.is_empty() && KEY_IN_PATH.contains(&scheme) => {
            shown.push_str(application);
            shown.push('/');
            shown.push_str(REDACTED);
        }
        _ => shown.push_str(path),
    }
    for (index, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        // ffmpeg ends some of its messages about an address with a colon and the cause.
        let pair = pair.strip_suffix(':').map_or((pair, ""), |pair| (pair, ":"));
        match pair.0.split_once('=') {
            Some((name, _)) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(REDACTED);
            }
            None => shown.push_str(REDACTED),
        }
        shown.push_str(pair.1);
    }
}

fn shorten(text: Cow<'_, str>) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}
