//! `telecine slo`: objectives in, Prometheus rules out.
//!
//! The alerts are those of the Site Reliability Workbook's chapter 5 ("multiwindow, multi-burn-rate alerts"): a long
//! window says that much of the budget is gone, a short one that it is still going.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::Output;

#[derive(Args)]
pub(crate) struct Slo {
    /// Service level objectives, as alerts/slo/objectives.yaml has them
    file: PathBuf,
    /// Write a file for each objective, slo-NAME.yaml, into this folder, instead of all to standard output
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    objectives: Vec<Objective>,
}

/// One promise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Objective {
    /// The label `slo` of all that is recorded: lower case, with dashes.
    name: String,
    /// What a good event is, in words.
    title: String,
    /// Percent of the events of 30 days that are to be good.
    objective: f64,
    /// Percent that are promised for a month.
    monthly: f64,
    /// Events per second.
    events: String,
    /// Bad events per second; none means 0.
    errors: Option<String>,
    /// Good events per second, where they are what is known; none means that nothing is known.
    good: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{0}: {1}")]
    Parse(PathBuf, serde_norway::Error),
    #[error("{0}: {1}: {2}")]
    Objective(PathBuf, String, &'static str),
}

/// A pair of windows, and the burn rate (times the rate that uses up the budget in 30 days) from which on it fires.
struct Burn {
    rate: f64,
    long: &'static str,
    short: &'static str,
    alert: &'static str,
    severity: &'static str,
}

const BURNS: [Burn; 4] = [
    Burn { rate: 14.4, long: "1h", short: "5m", alert: "Page", severity: "critical" },
    Burn { rate: 6.0, long: "6h", short: "30m", alert: "Page", severity: "critical" },
    Burn { rate: 3.0, long: "1d", short: "2h", alert: "Ticket", severity: "warning" },
    Burn { rate: 1.0, long: "3d", short: "6h", alert: "Ticket", severity: "warning" },
];
/// Windows that are computed from the rates of 5 minutes, so that each series is read once.
const WINDOWS: [&str; 6] = ["30m", "1h", "2h", "6h", "1d", "3d"];
/// Seconds between two evaluations: a recorded rate stands for so long.
const INTERVAL: u32 = 30;
/// Fewer bad events than these in the long window are nobody's alert.
const FEWEST_ERRORS: u32 = 5;

const HEAD: &str = "# Generated from the objectives by `telecine slo`; a test fails when it is stale.\ngroups:\n";

impl Slo {
    pub(crate) fn run(self) -> Output {
        match self.write() {
            Ok(text) => Output { text, is_good: true },
            Err(error) => Output { text: format!("{error}\n"), is_good: false },
        }
    }

    fn write(self) -> Result<String, Error> {
        let objectives = objectives(&self.file)?;
        let Some(folder) = self.into else {
            let rules: String = objectives.iter().map(Objective::rules).collect();
            return Ok(format!("{HEAD}{rules}"));
        };
        let mut written = String::new();
        for objective in &objectives {
            let path = folder.join(format!("slo-{}.yaml", objective.name));
            fs::write(&path, format!("{HEAD}{}", objective.rules()))
                .map_err(|error| Error::File(path.clone(), error))?;
            let _ = writeln!(written, "{}", path.display());
        }
        Ok(written)
    }
}

fn objectives(path: &Path) -> Result<Vec<Objective>, Error> {
    let text = fs::read_to_string(path).map_err(|error| Error::File(path.to_owned(), error))?;
    let file: File = serde_norway::from_str(&text).map_err(|error| Error::Parse(path.to_owned(), error))?;
    for objective in &file.objectives {
        let wrong = |why| Error::Objective(path.to_owned(), objective.name.clone(), why);
        objective.check().map_err(wrong)?;
        if file.objectives.iter().filter(|other| other.name == objective.name).count() > 1 {
            return Err(wrong("name: another objective has it"));
        }
    }
    Ok(file.objectives)
}

impl Objective {
    fn check(&self) -> Result<(), &'static str> {
        if self.name.is_empty() || !self.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            return Err("name: lower case letters and dashes are wanted");
        }
        if !(self.objective > 0.0 && self.objective < 100.0 && self.monthly > 0.0 && self.monthly < 100.0) {
            return Err("objective, monthly: percent between 0 and 100 are wanted");
        }
        if BURNS[0].rate * self.budget() >= 1.0 {
            return Err("objective: the fastest burn rate, 14.4, needs more errors than there are events");
        }
        if self.errors.is_some() == self.good.is_some() {
            return Err("either errors or good is wanted");
        }
        Ok(())
    }

    /// The share of events that may be bad.
    fn budget(&self) -> f64 {
        (100.0 - self.objective) / 100.0
    }

    fn rules(&self) -> String {
        let mut out = String::new();
        let Self { name, title, objective, monthly, events, errors, good } = self;
        let camel = camel(name);
        let series = |record: &str| format!("{record}{{slo=\"{name}\"}}");
        let record = |record: &str, expr: &str| Rule::record(record, expr).label("slo", name).text();
        let events = indented(events);
        let bad = match (errors, good) {
            (Some(errors), _) => format!("(\n{}\n)\nor\n0 * (\n{events}\n)", indented(errors)),
            (_, good) => {
                format!(
                    "clamp_min(\n  (\n{}\n  )\n  -\n  (\n{}\n  ), 0)",
                    indented(&events),
                    indented(&indented(good.as_deref().unwrap_or_default()))
                )
            }
        };
        let _ = write!(out, "  - name: slo-{name}\n    interval: {INTERVAL}s\n    rules:\n");
        out.push_str(&record("slo:objective:ratio", &format!("vector({})", number(objective / 100.0))));
        out.push_str(&record("slo:events:rate5m", self.events.trim_end()));
        out.push_str(&record("slo:errors:rate5m", &bad));
        let (errors, events) = (series("slo:errors:rate5m"), series("slo:events:rate5m"));
        out.push_str(&record("slo:error:ratio_rate5m", &format!("{errors} / ({events} > 0)")));
        for window in WINDOWS {
            let ratio = format!("sum_over_time({errors}[{window}])\n/\n(sum_over_time({events}[{window}]) > 0)");
            out.push_str(&record(&format!("slo:error:ratio_rate{window}"), &ratio));
        }
        for Burn { rate, long, short, alert, severity } in BURNS {
            let limit = number(rate * self.budget());
            let ratio = |window: &str| series(&format!("slo:error:ratio_rate{window}"));
            let expr = format!(
                "{} > {limit}\nand\n{} > {limit}\nand\nsum_over_time({errors}[{long}]) * {INTERVAL} >= {FEWEST_ERRORS}",
                ratio(long),
                ratio(short)
            );
            let rule = Rule::alert(&format!("{camel}Budget{alert}"), &expr)
                .label("severity", severity)
                .label("slo", name)
                .label("window", long)
                .says(
                    &format!("{{{{ $labels.job }}}} uses up its error budget: {title}"),
                    &format!("{{{{ $value | humanizePercentage }}}} of {{{{ $labels.job }}}}'s events of {name} in the last {long} were bad: more than {rate} times what {} % of good ones over 30 days allow, and so in the last {short}.", objective),
                );
            out.push_str(&rule.text());
        }
        let _ = write!(out, "  - name: slo-{name}-month\n    interval: 5m\n    rules:\n");
        let month = format!("sum_over_time({errors}[30d])\n/\n(sum_over_time({events}[30d]) > 0)");
        out.push_str(&record("slo:error:ratio_rate30d", &month));
        let month = series("slo:error:ratio_rate30d");
        out.push_str(&record("slo:error_budget:ratio_30d", &format!("1 - {month} / {}", number(self.budget()))));
        out.push_str(&record("sla:objective:ratio", &format!("vector({})", number(monthly / 100.0))));
        out.push_str(&record("sla:success:ratio_30d", &format!("1 - {month}")));
        let rule = Rule::alert(&format!("{camel}SlaMissed"), &format!("{} < {}", series("sla:success:ratio_30d"), number(monthly / 100.0)))
            .held("1h")
            .label("severity", "warning")
            .label("slo", name)
            .says(
                &format!("{{{{ $labels.job }}}} misses what is promised for a month: {title}"),
                &format!("{{{{ $value | humanizePercentage }}}} of {{{{ $labels.job }}}}'s events of {name} in the last 30 days were good; {monthly} % are promised."),
            );
        out.push_str(&rule.text());
        if good.is_some() {
            let rule = Rule::alert("ObjectiveWithoutData", &format!("{events} unless {errors}"))
                .held("15m")
                .label("severity", "warning")
                .label("slo", name)
                .says(
                    "Whether {{ $labels.job }} keeps {{ $labels.slo }} is not known",
                    "{{ $value | printf \"%.2f\" }} events of {{ $labels.slo }} come each second from {{ $labels.job }}, and nothing says which of them are good: is the bucket of the objective still there?",
                );
            out.push_str(&rule.text());
        }
        out
    }
}

/// A rule as YAML.
struct Rule {
    text: String,
    labels: String,
    annotations: String,
    anchor: String,
}

impl Rule {
    fn record(name: &str, expr: &str) -> Self {
        Self::new("record", name, expr)
    }

    fn alert(name: &str, expr: &str) -> Self {
        Self::new("alert", name, expr)
    }

    fn new(kind: &str, name: &str, expr: &str) -> Self {
        let mut text = format!("      - {kind}: {name}\n        expr:");
        if expr.contains('\n') {
            text.push_str(" |\n");
            for line in expr.lines() {
                let _ = writeln!(text, "          {line}");
            }
        } else {
            let _ = writeln!(text, " {expr}");
        }
        Self { text, labels: String::new(), annotations: String::new(), anchor: name.to_ascii_lowercase() }
    }

    fn held(mut self, time: &str) -> Self {
        let _ = writeln!(self.text, "        for: {time}");
        self
    }

    fn label(mut self, name: &str, value: &str) -> Self {
        let _ = writeln!(self.labels, "          {name}: {value}");
        self
    }

    fn says(mut self, summary: &str, description: &str) -> Self {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\\\""));
        let _ = writeln!(self.annotations, "          summary: {}", quoted(summary));
        let _ = writeln!(self.annotations, "          description: {}", quoted(description));
        let _ = writeln!(self.annotations, "          runbook_url: docs/runbooks.md#{}", self.anchor);
        self
    }

    fn text(self) -> String {
        let Self { mut text, labels, annotations, .. } = self;
        for (name, lines) in [("labels", labels), ("annotations", annotations)] {
            if !lines.is_empty() {
                let _ = write!(text, "        {name}:\n{lines}");
            }
        }
        text
    }
}

/// Every line two columns to the right.
fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// `upload-success` as `UploadSuccess`.
fn camel(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(capital).collect()
}

/// What is left of binary fractions after ten digits is noise.
fn number(value: f64) -> String {
    let text = format!("{value:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
