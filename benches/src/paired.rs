//! Times cases side by side: in each round every case runs once, so that what disturbs the machine
//! disturbs all of them, and a ratio is the median of the ratios within rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use opentelemetry::Context;

/// Cases that are measured together.
pub struct Table {
    title: &'static str,
    batch: Duration,
    rounds: usize,
    cases: Vec<Case>,
    /// The case whose time is not counted: what the others do besides.
    baseline: Option<usize>,
}

struct Case {
    name: String,
    run: Box<dyn FnMut(u64)>,
    /// The cases it is compared with, each with the ratio it is to stay under.
    peers: Vec<(usize, Option<f64>)>,
    iterations: u64,
    /// Nanoseconds for one iteration, one for each round.
    times: Vec<f64>,
}

impl Table {
    /// 401 rounds of a quarter of a millisecond: short, so that most are not interrupted.
    pub fn new(title: &'static str) -> Self {
        Self { title, batch: Duration::from_micros(250), rounds: 401, cases: Vec::new(), baseline: None }
    }

    /// Other rounds: how many, and how long a case runs in each.
    pub fn rounds(mut self, rounds: usize, batch: Duration) -> Self {
        (self.rounds, self.batch) = (rounds, batch);
        self
    }

    /// Adds a case that runs `f` in the current context.
    pub fn case(&mut self, name: impl Into<String>, f: impl FnMut() + 'static) -> usize {
        self.case_in(None, name, f)
    }

    /// Adds a case that runs `f` in a context.
    pub fn case_in(
        &mut self,
        context: Option<Context>,
        name: impl Into<String>,
        mut f: impl FnMut() + 'static,
    ) -> usize {
        let run = Box::new(move |iterations| {
            let _guard = context.clone().map(Context::attach);
            for _ in 0..iterations {
                f();
            }
        });
        self.cases.push(Case { name: name.into(), run, peers: Vec::new(), iterations: 1, times: Vec::new() });
        self.cases.len() - 1
    }

    /// Compares a case with another, which has to be at most `limit` times as dear.
    pub fn compare(&mut self, case: usize, peer: usize, limit: Option<f64>) {
        self.cases[case].peers.push((peer, limit));
    }

    /// Takes the time of a case off that of all others, round by round.
    pub fn above(&mut self, baseline: usize) {
        self.baseline = Some(baseline);
    }

    /// Measures and prints.
    pub fn print(mut self) {
        for case in &mut self.cases {
            case.calibrate(self.batch);
        }
        for round in 0..self.rounds {
            for place in 0..self.cases.len() {
                // Each case follows another one from round to round.
                let case = (place + round * 7) % self.cases.len();
                self.cases[case].time();
            }
        }
        if let Some(baseline) = self.baseline {
            let times = self.cases[baseline].times.clone();
            for (place, case) in self.cases.iter_mut().enumerate() {
                if place != baseline {
                    case.times.iter_mut().zip(&times).for_each(|(time, baseline)| *time -= baseline);
                }
            }
        }
        println!("\n{}", self.title);
        println!("  {:<58} {:>10} {:>8}  to", "", "time", "ratio");
        for case in &self.cases {
            let time = readable(median(case.times.iter().copied()));
            let mut compared: Vec<_> = case.peers.iter().map(|peer| self.compared(case, *peer)).collect();
            if compared.is_empty() {
                compared.push((String::new(), String::new()));
            }
            for (place, (ratio, peer)) in compared.iter().enumerate() {
                let (name, time) = if place == 0 { (&*case.name, &*time) } else { ("", "") };
                println!("  {name:<58} {time:>10} {ratio:>8}  {peer}");
            }
        }
    }

    fn compared(&self, case: &Case, (peer, limit): (usize, Option<f64>)) -> (String, String) {
        let peer = &self.cases[peer];
        let ratio = median(case.times.iter().zip(&peer.times).map(|(own, peer)| own / peer));
        let digits = if limit.unwrap_or(ratio) < 0.2 { 3 } else { 2 };
        let limit = limit.map_or(String::new(), |limit| {
            format!(" (at most {limit:.digits$}: {})", if ratio <= limit { "kept" } else { "MISSED" })
        });
        (format!("{ratio:.digits$}"), format!("{}{limit}", peer.name))
    }
}

impl Case {
    /// Finds how many iterations fill a batch. The first ones also warm up caches and lazy parts.
    fn calibrate(&mut self, batch: Duration) {
        loop {
            let start = Instant::now();
            (self.run)(self.iterations);
            if start.elapsed() >= batch {
                return;
            }
            self.iterations *= 2;
        }
    }

    fn time(&mut self) {
        let start = Instant::now();
        (self.run)(black_box(self.iterations));
        self.times.push(start.elapsed().as_nanos() as f64 / self.iterations as f64);
    }
}

fn readable(nanoseconds: f64) -> String {
    if nanoseconds < 1e5 { format!("{nanoseconds:.1} ns") } else { format!("{:.2} ms", nanoseconds / 1e6) }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
