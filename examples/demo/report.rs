//! What became of the round, for a person.

use std::time::Duration;

use serde_json::Value;
use telecine_parts::{Collector, Prometheus};

use crate::{
    chain::{Evidence, Link},
    jobs::{self, Job},
    openmetrics::Sample,
    parts::{Addresses, Folder},
    screen::{Screen, Style, WIDTH, bytes, cut, seconds},
    tree,
};

/// What to ask, and how.
const QUERIES: [(&str, &str); 5] = [
    ("Jobs, by how they ended", "sum by (media_outcome) (media_job_duration_seconds_count)"),
    (
        "Speed of each rendition, in times real time",
        "avg by (media_rendition) (media_transcode_speed_sum / media_transcode_speed_count)",
    ),
    (
        "The time that 9 of 10 transcodes take at most, in seconds",
        "histogram_quantile(0.9, sum by (le) (media_transcode_duration_seconds_bucket))",
    ),
    ("Bytes uploaded, by sort of file", "sum by (media_file_type) (media_upload_io_bytes_total)"),
    (
        "Why jobs failed, and who has to act",
        "sum by (error_type, media_error_origin) (media_job_duration_seconds_count{error_type!=\"\"})",
    ),
];

const LOG_LINES: usize = 3;

/// How much of a log is shown when something failed.
const TAIL: usize = 6;
const TAIL_WIDTH: usize = 200;

/// What runs, and where.
pub(crate) fn cast(
    screen: &mut Screen,
    collector: &Collector,
    prometheus: &Prometheus,
    addresses: &Addresses,
    folder: &Folder,
) {
    let store = folder.shown(&folder.store());
    let received = folder.shown(&folder.collector());
    let parts = [
        ("media worker", format!("http://{}", addresses.jobs), format!("ffmpeg on 2 jobs at once, uploads to {store}")),
        ("its metrics", format!("http://{}", addresses.metrics), "served by telecine, for Prometheus".to_owned()),
        ("Prometheus", prometheus.url().to_owned(), "scrapes every second and keeps exemplars".to_owned()),
        ("collector", format!("http://{}", collector.http()), format!("gets OTLP and writes it to {received}")),
    ];
    for (name, place, what) in parts {
        let place = screen.paint(Style::Mark, &format!("{place:22}"));
        screen.line(format_args!("  {name:13} {place}  {what}"));
    }
}

/// The last lines of every log, to say why something failed.
pub(crate) fn tail(screen: &mut Screen, folder: &Folder) {
    for log in folder.logs() {
        let Ok(text) = std::fs::read_to_string(&log) else { continue };
        let lines: Vec<_> = text.lines().collect();
        screen.heading(&format!("the last of {}", folder.shown(&log)));
        for line in &lines[lines.len().saturating_sub(TAIL)..] {
            screen.line(format_args!("  {}", cut(line, TAIL_WIDTH)));
        }
    }
}

/// The jobs as a table.
pub(crate) fn table(screen: &mut Screen, jobs: &[Job]) {
    let head = ["job", "input", "outcome", "error type", "time", "speed", "bytes out", "attempts"];
    let rows: Vec<[String; 8]> = jobs.iter().map(row).collect();
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([head[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String], paint: &dyn Fn(usize, &str) -> String| {
        let cells: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            // Numbers are compared by their last digit.
            .map(|(at, (cell, width))| if at < 4 { format!("{cell:width$}") } else { format!("{cell:>width$}") })
            .enumerate()
            .map(|(at, cell)| paint(at, &cell))
            .collect();
        format!("  {}", cells.join("  ").trim_end())
    };
    let text = line(&head.map(str::to_owned), &|_, cell| screen.paint(Style::Faint, cell));
    screen.line(text);
    for (job, row) in jobs.iter().zip(&rows) {
        let style = jobs::style(job.outcome());
        let text = line(row, &|at, cell| screen.paint(if at == 2 { style } else { Style::Plain }, cell));
        screen.line(text);
    }
    let caption = screen.paint(Style::Faint, "speed: film made, all renditions together, in times real time");
    screen.line(format_args!("  {caption}"));
}

fn row(job: &Job) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    [
        job.job_type.to_owned(),
        job.input.to_owned(),
        job.outcome().to_owned(),
        or_dash(job.state.error_type.clone()),
        seconds(job.state.seconds),
        or_dash(job.speed().map(|speed| format!("{speed:.1}x"))),
        or_dash(Some(job.bytes()).filter(|count| *count > 0.0).map(bytes)),
        job.state.attempts.to_string(),
    ]
}

/// The way from the slowest transcode's bucket to its spans and log lines.
pub(crate) fn way(screen: &mut Screen, evidence: &Evidence, addresses: &Addresses, folder: &Folder) {
    let Some(slowest) = evidence.slowest() else { return };
    let exemplar = slowest.exemplar;
    let same = |id: &str| screen.paint(Style::Mark, id);
    let (trace_id, span_id) = (same(&exemplar.trace_id), same(&exemplar.span_id));

    screen.heading(&format!("1  A number at http://{}/metrics: the slowest transcodes", addresses.metrics));
    for line in sample(slowest.bucket) {
        screen.line(format_args!("  {line}"));
    }
    screen.line(format_args!("    # {{trace_id=\"{trace_id}\",span_id=\"{span_id}\"}} {}", exemplar.value));
    screen.line("  What follows # is the exemplar: one of those transcodes, in seconds, and its span.");

    screen.heading("2  The same exemplar in Prometheus, by /api/v1/query_exemplars");
    match evidence.stored(exemplar) {
        Some(stored) => {
            let text = stored.to_string().replace(&exemplar.trace_id, &trace_id).replace(&exemplar.span_id, &span_id);
            screen.line(format_args!("  {}", text.replacen("},", "},\n   ", 1)));
        }
        None => screen.line("  It does not have it."),
    }

    let spans = evidence.trace(&exemplar.trace_id);
    screen.heading(&format!("3  Its trace, as the collector got it: {} spans", spans.len()));
    screen.line(format_args!("  {trace_id}"));
    tree::show(screen, &spans, &exemplar.span_id);

    let lines = evidence.lines(&exemplar.trace_id);
    screen.heading(&format!("4  The log lines with that trace id, in {}", folder.shown(&folder.log())));
    for line in lines.iter().rev().take(LOG_LINES).rev() {
        log_line(screen, line);
    }
}

fn log_line(screen: &mut Screen, line: &Value) {
    let text = |key: &str| line[key].as_str().unwrap_or_default();
    let time = text("timestamp").split('T').nth(1).unwrap_or_default().get(..12).unwrap_or_default();
    // What people look for in a line; all of it is in the file.
    let fields = ["outcome", "error_type", "duration_ms", "bytes", "job_id"]
        .iter()
        .filter(|key| !line[**key].is_null())
        .map(|key| format!(" {key}={}", line[*key].to_string().trim_matches('"')));
    let said = format!("{:5} {}: {}{}", text("level"), text("logger"), text("message"), fields.collect::<String>());
    let time = screen.paint(Style::Faint, time);
    screen.line(format_args!("  {time} {}", cut(&said, WIDTH - 15)));
}

/// Every link, with what was found or is missing, and how long it all took.
pub(crate) fn links(screen: &mut Screen, links: &[Link], time: Duration) {
    for Link { name, found } in links {
        let (mark, text) = match found {
            Ok(found) => (screen.paint(Style::Good, "✓"), found),
            Err(missing) => (screen.paint(Style::Bad, "✗"), missing),
        };
        screen.line(format_args!("  {mark} {name:17} {text}"));
    }
    let missing = links.iter().filter(|link| link.found.is_err()).count();
    let (style, verdict) = match missing {
        0 => (Style::Good, format!("All {} links were found", links.len())),
        _ => (Style::Bad, format!("{missing} of {} links are missing", links.len())),
    };
    let verdict = screen.paint(style, &verdict);
    screen.line(format_args!("  {verdict}, {} s after the start.", time.as_secs()));
}

/// Queries with what they answer now.
pub(crate) async fn queries(screen: &mut Screen, prometheus: &Prometheus) {
    for (what, query) in QUERIES {
        screen.line(format_args!("  {what}"));
        let code = screen.paint(Style::Mark, query);
        screen.line(format_args!("    {code}"));
        let answer = match prometheus.query(query).await {
            Ok(series) => answer(&series),
            Err(error) => error.to_string(),
        };
        let answer = screen.paint(Style::Faint, &cut(&format!("= {answer}"), WIDTH - 4));
        screen.line(format_args!("    {answer}"));
    }
}

/// What to open while everything is up.
pub(crate) fn open(screen: &mut Screen, prometheus: &Prometheus, addresses: &Addresses, folder: &Folder) {
    let url = prometheus.url();
    let places = [
        (format!("http://{}/", addresses.metrics), "telecine's page"),
        (format!("http://{}/metrics", addresses.metrics), "what Prometheus scrapes"),
        (format!("http://{}/jobs", addresses.jobs), "the worker's jobs"),
        (format!("{url}/api/v1/targets"), "Prometheus: what it scrapes (this build has no pages)"),
        (folder.shown(&folder.collector()), "what the collector got: spans, metrics, log records"),
    ];
    for (place, what) in places {
        let place = screen.paint(Style::Mark, &format!("{place:42}"));
        screen.line(format_args!("  {place} {what}"));
    }
    screen.line("  To ask Prometheus, or for one more job:");
    screen.line(format_args!("    $(.ci/install --bin)/promtool query instant {url} 'media_transcode_active'"));
    screen.line(format_args!(
        "    curl {}/jobs -d '{{\"input\":\"landscape.mp4\",\"type\":\"transcode\"}}'",
        addresses.jobs
    ));
}

/// The series that are not zero, the largest first.
fn answer(series: &[Value]) -> String {
    let number = |series: &Value| series["value"][1].as_str().and_then(|value| value.parse().ok()).unwrap_or(0.0);
    let mut series: Vec<(f64, &Value)> = series.iter().map(|series| (number(series), series)).collect();
    series.retain(|(number, _)| *number != 0.0);
    series.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let one = |(number, series): &(f64, &Value)| {
        let labels = series["metric"].as_object().into_iter().flat_map(|labels| labels.values());
        let labels: Vec<_> = labels.filter_map(Value::as_str).collect();
        format!("{} {}", labels.join(" "), (number * 100.0).round() / 100.0).trim().to_owned()
    };
    series.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A line of the scrape, in as many lines as the screen needs.
fn sample(sample: &Sample) -> Vec<String> {
    let mut lines = vec![format!("{}{{", sample.name)];
    let mut line = String::new();
    // The bound of a bucket comes last, as it is written.
    let (bound, labels): (Vec<_>, Vec<_>) = sample.labels.iter().partition(|(name, _)| *name == "le");
    for (name, value) in labels.into_iter().chain(bound) {
        let label = format!("{name}=\"{value}\",");
        if line.len() + label.len() > WIDTH - 4 {
            lines.push(format!("  {}", std::mem::take(&mut line)));
        }
        line.push_str(&label);
    }
    lines.push(format!("  {}}} {}", line.trim_end_matches(','), sample.value));
    lines
}
