//! Dashboards and rules, checked against what there is to ask for.
//!
//! `telecine check` is this for the terminal. [`Known`] gathers the series that there can be: what catalogues declare,
//! as an endpoint serves it; what a scrape shows; what rules record. [`Check::paths`] reads Grafana's dashboards and
//! Prometheus' rules and says of every query whether it can ever show anything.
//!
//! ```
//! use telecine::catalog::Catalog;
//! use telecine::check::{Check, Known};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut known = Known::new();
//! known.catalog(&Catalog::own(), None)?;
//! let rules = "\
//! groups:
//!   - name: jobs
//!     rules:
//!       - alert: JobsFail
//!         expr: rate(media_job_failures_total[5m]) > 0
//! ";
//! let report = Check::new(known).texts([("rules.yaml", rules)]);
//! assert_eq!(report.findings[0].to_string(), "\
//! rules.yaml:5:20: alert JobsFail: no metric is called `media_job_failures_total`; \
//! `media_job_retries_total` is the nearest that there is [unknown-metric]");
//! # Ok(()) }
//! ```

mod code;
mod document;
mod endpoint;
mod error;
mod file;
mod finding;
mod grafana;
mod known;
mod query;
mod read;
mod rules;

pub use code::{Code, UnknownCode};
pub use endpoint::scrape;
pub use error::Error;
pub use finding::{Finding, Report, Severity, Tally};
pub use known::{Known, Malformed, outline};
pub use read::{Check, DEFAULT_INTERVAL};
