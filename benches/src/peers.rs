//! What telecine costs beside its peers, in one run, and whether what is measured is right:
//! `cargo bench --manifest-path benches/Cargo.toml`.
//!
//! All areas, or those that are named: `-- handles measurements`.

mod handles;
mod mapping;
mod measurements;
mod paired;
mod requests;
mod scrape;
mod series;
mod verdicts;

const AREAS: &[(&str, fn())] = &[
    ("handles", handles::run),
    ("measurements", measurements::run),
    ("scrape", scrape::run),
    ("mapping", mapping::run),
    ("requests", requests::run),
    ("verdicts", verdicts::run),
];

fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = wanted.iter().find(|name| AREAS.iter().all(|(area, _)| area != name)) {
        let areas: Vec<_> = AREAS.iter().map(|(area, _)| *area).collect();
        eprintln!("no area `{unknown}`: there are {}", areas.join(", "));
        std::process::exit(2);
    }
    for (area, run) in AREAS {
        if wanted.is_empty() || wanted.iter().any(|name| name == area) {
            run();
        }
    }
}
