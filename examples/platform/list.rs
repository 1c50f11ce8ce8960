//! What has to move, and whether it has.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use reqwest::Client;
use serde::Deserialize;
use tokio::task::JoinHandle;

use crate::{
    LOOK,
    asked::{self, Asked, Served},
    parts::{PROGRAMS, Parts},
};

/// Everything that is to be seen to move.
pub(crate) struct List {
    pub(crate) items: Vec<Item>,
}

/// Looks at what the programs serve, again and again, until it is dropped.
pub(crate) struct Watch {
    list: Arc<Mutex<List>>,
    looks: Vec<JoinHandle<()>>,
}

/// A metric that has to move.
pub(crate) struct Item {
    pub(crate) asked: Asked,
    /// The example that has to serve it; where there is none, any of them.
    pub(crate) program: Option<&'static str>,
    pub(crate) moved: bool,
}

/// An instrument, as a program's `/catalog.json` has it.
#[derive(Deserialize)]
struct Instrument {
    name: String,
    kind: String,
    unit: String,
}

/// How many metrics of a page are not there, or are but zero.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rest {
    missing: usize,
    idle: usize,
}

/// What these programs serve, by name.
pub(crate) type Pages = BTreeMap<&'static str, String>;

/// What of the catalogue these programs do not do, and why not.
pub(crate) const NOT_HERE: &[(&str, &str)] = &[
    ("media.runtime.blocking.active", "only in programs built with tokio_unstable"),
    ("media.runtime.blocking.queue.size", "only in programs built with tokio_unstable"),
    ("media.telemetry.overflow", "budgets keep these programs from it"),
    ("media.telemetry.scrape.left_out", "no names of theirs collide"),
    ("media.transcode.quality", "they compare no pictures"),
    ("media.upload.aborts", "their stores are busy, but take every part in the end"),
];

impl List {
    /// What a platform asks of each program.
    pub(crate) fn of_profile(profile: &str) -> Self {
        let of = |asked: Asked| {
            let programs = PROGRAMS.into_iter().map(|(program, _)| program);
            let here: Vec<_> = programs.filter(|program| asked.is_of(program)).collect();
            here.into_iter().map(move |program| Item { asked: asked.clone(), program: Some(program), moved: false })
        };
        Self { items: asked::asked(profile).into_iter().flat_map(of).collect() }
    }

    /// The catalogue that the programs share, and their own instruments.
    pub(crate) async fn of_catalogues(parts: &Parts) -> Result<Self> {
        let client = telecine_parts::http();
        let mut all = BTreeMap::new();
        for program in &parts.programs {
            let url = format!("http://{}/catalog.json", program.addresses.metrics);
            let catalogue: Vec<Instrument> =
                client.get(&url).send().await?.json().await.with_context(|| url.clone())?;
            all.extend(catalogue.into_iter().map(|instrument| (instrument.name.clone(), instrument)));
        }
        let here = all.into_values().filter(|instrument| NOT_HERE.iter().all(|(name, _)| *name != instrument.name));
        let items = here.map(|instrument| Item { asked: instrument.asked(), program: None, moved: false });
        Ok(Self { items: items.collect() })
    }

    /// Takes what a program serves now.
    fn look(&mut self, program: &str, page: &str) {
        let resting: Vec<_> = self.items.iter_mut().filter(|item| !item.moved && item.is_of(program)).collect();
        let names: HashSet<_> = resting.iter().map(|item| item.asked.name.as_str()).collect();
        let moving = moving(page, &names);
        for item in resting {
            item.moved = moving.contains(&item.asked.name);
        }
    }

    pub(crate) fn all_moved(&self) -> bool {
        self.items.iter().all(|item| item.moved)
    }

    pub(crate) fn moved(&self) -> usize {
        self.items.iter().filter(|item| item.moved).count()
    }

    fn rest(&self, program: &str, served: &BTreeMap<String, Served>) -> Rest {
        let mut rest = Rest::default();
        for item in self.items.iter().filter(|item| item.is_of(program)) {
            match served.get(&item.asked.name) {
                None => rest.missing += 1,
                Some(served) if served.number == 0.0 => rest.idle += 1,
                Some(_) => {}
            }
        }
        rest
    }

    /// What is not as it should be, a line each: what has not moved, and what the last pages do not have.
    pub(crate) fn faults(&self, pages: &Pages) -> Vec<String> {
        let served: BTreeMap<_, _> = pages.iter().map(|(program, page)| (*program, asked::read(page))).collect();
        let fault = |item: &Item| {
            let name = &item.asked.name;
            let Some(program) = item.program else {
                return (!item.moved).then(|| format!("{name} has not moved"));
            };
            let fault = match served.get(program) {
                Some(served) => item.asked.fault(served.get(name)),
                None => Some("is missing, as is the whole page".to_owned()),
            };
            let fault = fault.or_else(|| (!item.moved).then(|| "has not moved".to_owned()));
            fault.map(|fault| format!("{program}: {name} {fault}"))
        };
        self.items.iter().filter_map(fault).collect()
    }
}

impl Rest {
    const MOST: Self = Self { missing: usize::MAX, idle: usize::MAX };
}

impl Item {
    fn is_of(&self, program: &str) -> bool {
        self.program.is_none_or(|of| of == program)
    }
}

impl Instrument {
    /// Its name in Prometheus' text format, by OpenTelemetry's rules.
    fn asked(self) -> Asked {
        let Self { name, kind, unit } = self;
        let mut name = name.replace('.', "_");
        let unit = match unit.as_str() {
            "s" => "_seconds",
            "By" => "_bytes",
            "Cel" => "_celsius",
            "W" => "_watts",
            "1" if kind == "gauge" => "_ratio",
            _ => "",
        };
        if !name.ends_with(unit) {
            name.push_str(unit);
        }
        if kind == "counter" {
            name.push_str("_total");
        }
        Asked { name, ..Asked::default() }
    }
}

impl Watch {
    /// Looks at each program by itself: a page that is large is no reason to look at another one less often.
    pub(crate) fn start(list: List, parts: &Parts, client: &Client) -> Self {
        let list = Arc::new(Mutex::new(list));
        let looks = parts.programs.iter().map(|program| {
            let (list, client, name) = (Arc::clone(&list), client.clone(), program.name);
            let url = program.addresses.page();
            tokio::spawn(async move {
                loop {
                    let began = Instant::now();
                    if let Some(page) = page(&client, &url).await {
                        list.lock().unwrap_or_else(PoisonError::into_inner).look(name, &page);
                    }
                    // Never more than half of the time.
                    tokio::time::sleep(LOOK.max(began.elapsed())).await;
                }
            })
        });
        Self { looks: looks.collect(), list }
    }

    pub(crate) fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last page of each program: that of the moment at which the fewest of its metrics were at rest. It is waited
    /// for longer where one is not there at all, as what a background task asks for is not while it cannot.
    pub(crate) async fn busiest(&self, parts: &Parts, client: &Client, longest: Duration) -> Pages {
        let started = Instant::now();
        let mut best: BTreeMap<&'static str, (Rest, String)> = BTreeMap::new();
        loop {
            for (program, page) in pages(parts, client).await {
                let known = best.get(program).map_or(Rest::MOST, |(rest, _)| *rest);
                // Once nothing rests, that is the last that was asked for.
                if known > Rest::default() {
                    let rest = self.list().rest(program, &asked::read(&page));
                    if rest < known {
                        best.insert(program, (rest, page));
                    }
                }
            }
            let all = |is_so: fn(&Rest) -> bool| best.values().all(|(rest, _)| is_so(rest));
            let enough = match started.elapsed() {
                elapsed if elapsed > longest * 5 => true,
                elapsed if elapsed > longest => all(|rest| rest.missing == 0),
                _ => all(|rest| *rest == Rest::default()),
            };
            if enough {
                self.looks.iter().for_each(JoinHandle::abort);
                return best.into_iter().map(|(program, (_, page))| (program, page)).collect();
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looks.iter().for_each(JoinHandle::abort);
    }
}

/// What each program serves now. One that does not answer in time has none.
async fn pages(parts: &Parts, client: &Client) -> Vec<(&'static str, String)> {
    let asked = parts.programs.iter().map(|program| async {
        let page = page(client, &program.addresses.page()).await?;
        Some((program.name, page))
    });
    futures_util::future::join_all(asked).await.into_iter().flatten().collect()
}

/// A page in the text format 0.0.4.
async fn page(client: &Client, url: &str) -> Option<String> {
    let answer = client.get(url).header("accept", "text/plain;version=0.0.4").send().await.ok()?;
    answer.error_for_status().ok()?.text().await.ok()
}

/// Which of these metrics have a series on the page that is not zero; of a histogram, one with values.
fn moving(page: &str, names: &HashSet<&str>) -> HashSet<String> {
    // Not all of the page is read: it is large, and looked at again and again.
    let moves = |line: &str| {
        let name = &line[..line.find(['{', ' '])?];
        let name = [name.strip_suffix("_count").unwrap_or(name), name].into_iter().find(|name| names.contains(name))?;
        let value: f64 = line.rsplit(' ').next()?.parse().ok()?;
        (value != 0.0).then(|| name.to_owned())
    };
    page.lines().filter(|line| !line.starts_with('#')).filter_map(moves).collect()
}
