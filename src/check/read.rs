//! A check: which files, and in which order they are looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::document::{self, Malformed, Node, Place};
use super::file::File;
use super::grafana::{Dashboard, Uids};
use super::query::{Asker, Reading};
use super::rules::{self, Rules, Seen};
use super::{Code, Error, Finding, Known, Report};

/// The time between two scrapes when nothing else is said.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);

/// What files are checked with.
#[derive(Clone, Debug)]
pub struct Check {
    known: Known,
    interval: Duration,
    allowed: BTreeSet<Code>,
    /// The files of programs' own catalogues, and their texts.
    catalogs: Vec<(String, String)>,
}

/// A file that was read.
struct Text {
    name: String,
    text: String,
    /// It was named itself, and is not one of a folder.
    is_named: bool,
}

/// What a file holds.
enum Content {
    Dashboard(Node),
    Rules(Vec<Node>),
    Malformed(Malformed),
    Other,
}

impl Check {
    /// A check against what is known.
    pub fn new(known: Known) -> Self {
        Self { known, interval: DEFAULT_INTERVAL, allowed: BTreeSet::new(), catalogs: Vec::new() }
    }

    /// The time between two scrapes. Default: [`DEFAULT_INTERVAL`].
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Leaves out what is found of some codes.
    #[must_use]
    pub fn allow(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.allowed.extend(codes);
        self
    }

    /// Says in which file a program's own catalogue is, so that what is wrong with it has a place.
    #[must_use]
    pub fn catalog_file(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.catalogs.push((name.into(), text.into()));
        self
    }

    /// Checks files, and folders with all that is in them: `.json`, `.yaml`, `.yml`. What is neither a dashboard nor
    /// a file of rules is left alone in a folder, and is a finding where it is named itself.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn paths<P: AsRef<Path>>(self, paths: impl IntoIterator<Item = P>) -> Result<Report, Error> {
        let mut texts: Vec<Text> = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let is_named = !path.is_dir();
            let mut files = BTreeSet::new();
            gather(path, is_named, &mut files)?;
            for file in files {
                let bytes = std::fs::read(&file).map_err(|source| Error::Unreadable { path: file.clone(), source })?;
                let (name, text) = (file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned());
                if texts.iter().all(|text| text.name != name) {
                    texts.push(Text { name, text, is_named });
                }
            }
        }
        Ok(self.run(&texts))
    }

    /// Checks texts as if they were files of these names.
    pub fn texts<N: Into<String>, T: Into<String>>(self, texts: impl IntoIterator<Item = (N, T)>) -> Report {
        let texts = texts.into_iter().map(|(name, text)| Text { name: name.into(), text: text.into(), is_named: true });
        self.run(&texts.collect::<Vec<_>>())
    }

    fn run(self, texts: &[Text]) -> Report {
        let Self { mut known, interval, allowed, catalogs } = self;
        let mut report = Report::default();
        let unwritten = known.settle();
        report.metrics = known.tally(unwritten.len());
        report.findings.extend(unwritten.iter().map(|metric| never_written(metric, &catalogs)));
        let contents: Vec<_> = texts.iter().map(content).collect();
        record(&contents, &mut known, interval);
        let dashboards = contents.iter().map(|content| match content {
            Content::Dashboard(node) => Dashboard::of(node),
            _ => None,
        });
        let dashboards: Vec<_> = dashboards.collect();
        let mut uids = Uids::new();
        let mut seen = Seen::new();
        for (text, dashboard) in texts.iter().zip(&dashboards) {
            if let Some((dashboard, uid)) = dashboard.as_ref().and_then(|dashboard| Some((dashboard, dashboard.uid()?)))
            {
                if let Some(first) = uids.get(uid) {
                    let Place { line, column } = dashboard.place();
                    let reason = format!("{first} has the uid `{uid}` too");
                    let (file, subject) = (text.name.clone(), String::new());
                    report.findings.push(Finding { file, line, column, subject, code: Code::DuplicateUid, reason });
                } else {
                    uids.insert(uid.to_owned(), text.name.clone());
                }
            }
        }
        for ((text, content), dashboard) in texts.iter().zip(&contents).zip(&dashboards) {
            let reading = Reading { known: &known, interval, asker: Asker::Rule };
            let lines = text.text.lines().collect();
            let mut file = File { name: &text.name, lines, reading, report: &mut report };
            match (content, dashboard) {
                (_, Some(dashboard)) => dashboard.check(&mut file, &uids),
                (Content::Rules(documents), _) => Rules::of(documents).check(&mut file, &mut seen),
                (Content::Malformed(Malformed { place, reason }), _) => {
                    file.find(*place, "", Code::File, reason.clone());
                }
                _ if text.is_named => {
                    file.find(
                        Place::TOP,
                        "",
                        Code::File,
                        "this is neither a classic dashboard of Grafana nor a file of rules",
                    );
                }
                _ => {}
            }
        }
        report.findings.retain(|finding| !allowed.contains(&finding.code));
        let order = |name: &str| texts.iter().position(|text| text.name == name);
        report.findings.sort_by_key(|finding| (order(&finding.file), finding.line, finding.column));
        report
    }
}

/// Adds what rules record, each after what it is recorded from.
fn record(contents: &[Content], known: &mut Known, interval: Duration) {
    let all: Vec<_> = contents
        .iter()
        .filter_map(|content| match content {
            Content::Rules(documents) => Some(Rules::of(documents)),
            _ => None,
        })
        .collect();
    let mut pending: BTreeSet<&str> = all.iter().flat_map(Rules::records).collect();
    // A rule waits for one other at least each time.
    for _ in 0..=pending.len() {
        let mut is_progress = false;
        for rules in &all {
            is_progress |= rules.record(known, &mut pending, interval);
        }
        if !is_progress {
            return;
        }
    }
}

/// The files of a folder and of those in it, or the one file.
fn gather(path: &Path, is_named: bool, files: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    if is_named {
        files.insert(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?.path();
        let is_hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let extension = entry.extension().and_then(|extension| extension.to_str());
        if is_hidden {
            continue;
        } else if entry.is_dir() {
            gather(&entry, false, files)?;
        } else if extension.is_some_and(|extension| ["json", "yaml", "yml"].contains(&extension)) {
            files.insert(entry);
        }
    }
    Ok(())
}

fn content(text: &Text) -> Content {
    let is_json = text.name.ends_with(".json") || text.text.trim_start().starts_with('{');
    if is_json {
        return match document::json(&text.text) {
            Ok(node) if Dashboard::of(&node).is_some() => Content::Dashboard(node),
            Ok(node) if rules::is_one(&node) => Content::Rules(vec![node]),
            Ok(_) => Content::Other,
            Err(malformed) => Content::Malformed(malformed),
        };
    }
    match document::yaml(&text.text) {
        Ok(documents) if documents.iter().any(rules::is_one) => Content::Rules(documents),
        Ok(_) => Content::Other,
        // Templates of YAML are none until they are filled in.
        Err(_) if !text.is_named && !text.text.contains("groups:") => Content::Other,
        Err(malformed) => Content::Malformed(malformed),
    }
}

fn never_written(metric: &str, catalogs: &[(String, String)]) -> Finding {
    let place = catalogs.iter().find_map(|(file, text)| {
        let node = document::json(text).ok()?;
        let name = node.items().iter().filter_map(|item| item.get("name")).find(|name| name.text() == Some(metric))?;
        Some((file.clone(), name.place))
    });
    let (file, Place { line, column }) = place.unwrap_or_else(|| ("the catalogue".to_owned(), Place::TOP));
    let reason = "the catalogue declares it, and the scrape does not have it: nobody writes it".to_owned();
    Finding { file, line, column, subject: format!("metric {metric}"), code: Code::NeverWritten, reason }
}
