//! The page at `/`.

use std::{fmt::Write, time::SystemTime};

use super::{Endpoint, Format, LastScrape};
use crate::exemplar::Filter;

const STYLE: &str = include_str!("page.css");

/// How the page was reached, and what there is to be said at the moment.
pub(super) struct View<'a> {
    /// Host and port.
    pub(super) host: &'a str,
    /// The path below which the endpoint is mounted, without a slash at its end.
    pub(super) under: &'a str,
    pub(super) not_ready: Option<String>,
    pub(super) has_catalog: bool,
    pub(super) has_profiles: bool,
}

/// The page, complete: no script, no picture, nothing from elsewhere.
pub(super) fn render(endpoint: &Endpoint, view: &View<'_>) -> String {
    let name = escape(&endpoint.service.name);
    let version = endpoint.service.version.as_deref().map(escape).unwrap_or_default();
    let (host, under) = (escape(view.host), escape(view.under));
    let (state, class) = match &view.not_ready {
        None => ("ready".to_owned(), "good"),
        Some(reason) => (format!("not ready: {}", escape(reason)), "bad"),
    };
    let (links, scrapes) = (links(&under, view), scrapes(endpoint));
    let path = if under.is_empty() { String::new() } else { format!("    metrics_path: {under}/metrics\n") };
    let own_version = env!("CARGO_PKG_VERSION");
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name} – metrics</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{name} <small>{version}</small></h1>
<p class="{class}">{state}</p>
</header>
<ul>
{links}</ul>
<h2>Scrapes</h2>
<dl>
{scrapes}</dl>
<h2>How to scrape it</h2>
<pre>scrape_configs:
  - job_name: {name}
{path}    static_configs:
      - targets: ["{host}"]</pre>
<p>Prometheus asks for OpenMetrics, which carries exemplars, by itself. To keep them it needs
<code>--enable-feature=exemplar-storage</code>; to get exponential histograms as native ones,
<code>--enable-feature=native-histograms</code>. To see what it sees:</p>
<pre>curl -H 'Accept: application/openmetrics-text' {host}{under}/metrics</pre>
<footer>telecine {own_version}</footer>
</main>
</body>
</html>
"#
    )
}

fn links(under: &str, view: &View<'_>) -> String {
    let all = [
        (true, "/metrics", "what was measured, for Prometheus"),
        (view.has_catalog, "/catalog.json", "the instruments: names, units, attributes, buckets"),
        (true, "/health", "200 as long as this endpoint answers"),
        (true, "/ready", "200 when the program can work, else 503 and why"),
        (view.has_profiles, "/debug/pprof/profile?seconds=10", "where CPU time goes, for <code>go tool pprof</code>"),
        (view.has_profiles, "/debug/pprof/heap", "who holds memory, if the allocator tells"),
    ];
    let link =
        |(_, path, what)| format!("<li><a href=\"{under}{path}\"><code>{path}</code></a><span>{what}</span></li>\n");
    all.into_iter().filter(|(is_there, ..)| *is_there).map(link).collect()
}

fn scrapes(endpoint: &Endpoint) -> String {
    let stats = endpoint.stats();
    let mut rows = vec![("so far", format!("{}{}", grouped(stats.scrapes), failures(stats.failures)))];
    match &stats.last {
        None => rows.push(("the last", "there was none yet".to_owned())),
        Some(last) => {
            rows.push(("the last", ago(last.at)));
            rows.push(("took", format!("{:.1} ms", last.duration.as_secs_f64() * 1e3)));
            rows.push(("size", format!("{} bytes, as {}", grouped(last.bytes as u64), format_name(last.format))));
            let (series, families) = (grouped(last.series as u64), grouped(last.families as u64));
            rows.push(("series", format!("{series} in {families} families")));
            rows.extend(left_out(last).map(|text| ("left out", text)));
        }
    }
    let exemplars = endpoint.exporter.exemplars();
    let kept = grouped(exemplars.counts().kept);
    rows.push((
        "exemplars",
        match exemplars.filter() {
            Filter::AlwaysOff => "off".to_owned(),
            filter => format!("{kept} kept so far ({filter})"),
        },
    ));
    rows.iter().map(|(what, value)| format!("<dt>{what}</dt><dd>{value}</dd>\n")).collect()
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
