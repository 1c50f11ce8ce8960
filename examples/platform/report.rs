//! What the platform says of itself, for a person.

use std::time::Duration;

use crate::{
    driver::Driver,
    evidence::Link,
    list::{List, NOT_HERE, Pages},
    parts::{Folder, Parts},
    screen::{Screen, Style, WIDTH, bytes, cut, seconds},
};

/// How much of a log is shown when something failed.
const TAIL: usize = 6;

/// What runs, and where.
pub(crate) fn cast(screen: &mut Screen, parts: &Parts, folder: &Folder) {
    screen.heading("Where everything is");
    let what = |name: &str| match name {
        "http_api" => "jobs, videos, playback, search, exports",
        "media_worker" => "ffmpeg on 2 jobs at once; takes jobs of its own too",
        "transcriber" => "speech to text",
        _ => "frames of cameras to video",
    };
    for program in &parts.programs {
        let requests = program.addresses.requests.as_ref().map(|address| format!("http://{address}"));
        let metrics = screen.paint(Style::Mark, &program.addresses.page());
        let requests = screen.paint(Style::Mark, &format!("{:21}", requests.unwrap_or_default()));
        screen.line(format_args!("  {:13} {requests}  {metrics}  {}", program.name, what(program.name)));
    }
    for (name, address, what) in parts.others(folder) {
        let address = screen.paint(Style::Mark, &format!("{address:53}"));
        screen.line(format_args!("  {name:13} {address}  {what}"));
    }
    let endpoints = folder.shown(&folder.endpoints());
    let caption = screen.paint(Style::Faint, &format!("for programs: {endpoints}"));
    screen.line(format_args!("  {caption}\n"));
}

/// What goes on now, in one line.
pub(crate) fn status(list: &List, driver: &Driver, elapsed: Duration) -> String {
    let (moved, all) = (list.moved(), list.items.len());
    format!("  {} s, {moved} of {all} metrics moved; {}", elapsed.as_secs(), driver.says())
}

/// What has come of a run that ends: whether it is as it should be.
pub(crate) fn result(
    screen: &mut Screen,
    list: &List,
    pages: &Pages,
    links: &[Link],
    folder: &Folder,
    elapsed: Duration,
) -> bool {
    screen.heading("What was to be seen");
    let faults = list.faults(pages);
    for fault in &faults {
        let mark = screen.paint(Style::Bad, "✗");
        screen.line(format_args!("  {mark} {fault}"));
    }
    for Link { name, found } in links {
        let (mark, text) = match found {
            Ok(found) => (screen.paint(Style::Good, "✓"), found),
            Err(missing) => (screen.paint(Style::Bad, "✗"), missing),
        };
        screen.line(format_args!("  {mark} {name}: {text}"));
    }
    for (program, page) in pages {
        let size = bytes(page.len() as f64);
        let file = folder.shown(&folder.page(program));
        let text = screen.paint(Style::Plain, &format!("{file}: what {program} served last, {size}"));
        screen.line(format_args!("  {text}"));
    }
    // Only a run by the catalogue leaves anything out.
    if list.items.iter().all(|item| item.program.is_none()) {
        for (name, why) in NOT_HERE {
            let mark = screen.paint(Style::Warning, "–");
            screen.line(format_args!("  {mark} {name} is not on the list: {why}"));
        }
    }
    let well = faults.is_empty() && links.iter().all(|link| link.found.is_ok());
    let (style, verdict) = match faults.len() {
        0 => (Style::Good, format!("All {} metrics have moved", list.items.len())),
        count => (Style::Bad, format!("{count} of {} metrics are not as they should be", list.items.len())),
    };
    let verdict = screen.paint(style, &verdict);
    screen.line(format_args!("  {verdict}, {} after the start.", seconds(elapsed.as_secs_f64())));
    well
}

/// The last lines of every log, to say why something failed.
pub(crate) fn tail(screen: &mut Screen, folder: &Folder) {
    for log in folder.logs() {
        let Ok(text) = std::fs::read_to_string(&log) else { continue };
        let lines: Vec<_> = text.lines().collect();
        screen.heading(&format!("the last of {}", folder.shown(&log)));
        for line in &lines[lines.len().saturating_sub(TAIL)..] {
            screen.line(format_args!("  {}", cut(line, 2 * WIDTH)));
        }
    }
}
