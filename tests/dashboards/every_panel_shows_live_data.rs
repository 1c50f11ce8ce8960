//! Each query of each panel has an answer while the examples work, and each dot on a panel leads to a trace that the
//! collector has.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::Mutex;

use crate::dashboard::{Dashboard, Target, all, list};
use crate::grafana::Grafana;
use crate::platform::Platform;

/// Several platforms at a time would wait for one another's encoders.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// How long the platform may work until all panels show something.
const DEADLINE: Duration = Duration::from_secs(600);

/// Panels that may be empty, and why.
const QUIET: &[(&str, &str, &str)] =
    &[("telecine-telemetry", "Data points", "the platform's metrics are scraped; tests/push sees them pushed")];

#[tokio::test(flavor = "multi_thread")]
async fn of_ours() {
    show(None, |dashboard| !dashboard.path.contains('/')).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_vlog() {
    of_platform("vlog").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_transcript_create() {
    of_platform("transcript-create").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_clip() {
    of_platform("clip").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_transcode_flow() {
    of_platform("transcode-flow").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_roboflow() {
    of_platform("roboflow").await;
}

async fn of_platform(name: &str) {
    show(Some(name), |dashboard| list(&dashboard.json["tags"]).iter().any(|tag| tag == name)).await.unwrap();
}

async fn show(profile: Option<&str>, which: impl Fn(&Dashboard) -> bool) -> Result<()> {
    let _alone = ONE_AT_A_TIME.lock().await;
    let dashboards: Vec<Dashboard> = all().into_iter().filter(which).collect();
    ensure!(!dashboards.is_empty(), "no dashboards of {profile:?}");
    let platform = Platform::start(profile).await?;
    let shown = look(&dashboards, &platform).await;
    platform.stop().await?;
    shown
}

/// Looks again and again at what has shown nothing yet.
async fn look(dashboards: &[Dashboard], platform: &Platform) -> Result<()> {
    let grafana = Grafana::new(&platform.prometheus);
    let queries = dashboards.iter().flat_map(|dashboard| dashboard.targets().map(move |target| (dashboard, target)));
    let mut empty: Vec<_> = queries.filter(|(dashboard, target)| !may_be_quiet(dashboard, target.title())).collect();
    let started = Instant::now();
    loop {
        let traces = platform.traces().unwrap_or_default();
        let mut still = Vec::new();
        for (dashboard, target) in empty {
            let shows = grafana.shows(dashboard, &target).await?;
            let leads = shows && target.json["exemplar"] == true;
            let leads = !leads || grafana.exemplars(dashboard, &target).await?.iter().any(|id| traces.contains(id));
            if !shows || !leads {
                still.push((dashboard, target));
            }
        }
        if still.is_empty() {
            return Ok(());
        }
        empty = still;
        let place = |(dashboard, target): &(&Dashboard, Target)| {
            format!("{}: {} {}", dashboard.path, target.title(), target.json["refId"])
        };
        ensure!(started.elapsed() < DEADLINE, "show nothing: {:#?}", empty.iter().map(place).collect::<Vec<_>>());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn may_be_quiet(dashboard: &Dashboard, title: &str) -> bool {
    QUIET.iter().any(|(uid, panel, _)| *uid == dashboard.uid() && *panel == title)
}
