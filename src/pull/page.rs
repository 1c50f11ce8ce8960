//! The page at `/`.

use std::{fmt::Write, time::SystemTime};

use super::{Endpoint, Format, LastScrape};

const STYLE: &str = include_str!("page.css");

/// The page, complete: no script, no picture, nothing from elsewhere.
pub(super) fn render(endpoint: &Endpoint, not_ready: Option<&str>, has_catalog: bool) -> String {
    let stats = endpoint.stats();
    let kept = endpoint.exporter.exemplars().counts().kept;
    let name = escape(&endpoint.service.name);
    let version = endpoint.service.version.as_deref().map(escape).unwrap_or_default();
    let (state, class) = match not_ready {
        None => ("ready".to_owned(), "good"),
        Some(reason) => (format!("not ready: {}", escape(reason)), "bad"),
    };

    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{name} – metrics</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{name} <small>{version}</small></h1>\n<p class=\"{class}\">{state}</p>\n</header>\n\
         <ul class=\"links\">\n"
    );
    let mut link = |path: &str, what: &str| {
        page.push_str(&format!("<li><a href=\"{path}\"><code>{path}</code></a><span>{what}</span></li>\n"));
    };
    link("/metrics", "what was measured, for Prometheus");
    if has_catalog {
        link("/catalog.json", "the instruments: names, units, attributes, buckets");
    }
    link("/health", "200 as long as this endpoint answers");
    link("/ready", "200 when the program can do its work, else 503 and why not");
    page.push_str("</ul>\n<h2>Scrapes</h2>\n<dl>\n");
    let mut row = |what: &str, value: &str| {
        page.push_str(&format!("<dt>{what}</dt><dd>{value}</dd>\n"));
    };
    row("so far", &format!("{}{}", grouped(stats.scrapes), failures(stats.failures)));
    match &stats.last {
        None => row("the last", "there was none yet"),
        Some(last) => {
            row("the last", &ago(last.at));
            row("took", &format!("{:.1} ms", last.duration.as_secs_f64() * 1e3));
            row("size", &format!("{} bytes, as {}", grouped(last.bytes as u64), format_name(last.format)));
            row("series", &format!("{} in {} families", grouped(last.series as u64), grouped(last.families as u64)));
            if let Some(left_out) = left_out(last) {
                row("left out", &left_out);
            }
        }
    }
    row("exemplars", &if kept == 0 { "none kept yet".to_owned() } else { format!("{} kept so far", grouped(kept)) });
    page.push_str("</dl>\n<h2>How to scrape it</h2>\n");
    page.push_str(&example(&name));
    page.push_str(
        "<p>Prometheus asks for OpenMetrics by itself, which carries exemplars; start it with \
         <code>--enable-feature=exemplar-storage</code> to keep them, and with \
         <code>--enable-feature=native-histograms</code> to get exponential histograms as native ones. \
         To see what it sees:</p>\n\
         <pre>curl -H 'Accept: application/openmetrics-text' localhost:9464/metrics</pre>\n",
    );
    page.push_str("<footer>telecine ");
    page.push_str(env!("CARGO_PKG_VERSION"));
    page.push_str("</footer>\n</main>\n</body>\n</html>\n");
    page
}

fn example(name: &str) -> String {
    format!(
        "<pre>scrape_configs:\n  - job_name: {name}\n    static_configs:\n      - targets: [\"localhost:9464\"]</pre>\n"
    )
}

fn failures(failures: u64) -> String {
    if failures == 0 { String::new() } else { format!(", and {} that failed", grouped(failures)) }
}

fn left_out(last: &LastScrape) -> Option<String> {
    let mut text = String::new();
    for (count, what) in [
        (last.metrics_left_out, "metrics whose name another one has"),
        (last.series_left_out, "series that are equal to another one"),
    ] {
        if count > 0 {
            let and = if text.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{and}{count} {what}");
        }
    }
    (!text.is_empty()).then_some(text)
}

fn format_name(format: Format) -> &'static str {
    use super::Protocol::{OpenMetrics, OpenMetricsDraft, Protobuf, Text, TextUtf8};

    match format.protocol {
        Text | TextUtf8 => "text",
        OpenMetrics | OpenMetricsDraft => "OpenMetrics",
        Protobuf => "protobuf",
    }
}

fn ago(time: SystemTime) -> String {
    let seconds = time.elapsed().unwrap_or_default().as_secs();
    match seconds {
        0 => "just now".to_owned(),
        1..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        _ => format!("{} h ago", seconds / 3600),
    }
}

/// `1 234 567`, with spaces that do not break.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{escape, grouped};

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1\u{202f}000");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn a_name_is_text() {
        assert_eq!(escape("<b>&\"</b>"), "&lt;b&gt;&amp;&quot;&lt;/b&gt;");
    }
}
