//! The dashboards and rules of this repository: every query asks for what a catalogue of the examples declares, or for
//! what an exporter was seen to serve.

use std::process::Command;

use telecine_parts::{Process, eventually, free_port, http};
use tempfile::TempDir;

use crate::example;
use crate::support::{Folder, Said};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The catalogues of the examples, as they serve them.
async fn catalogs() -> Folder {
    let media = TempDir::new().unwrap();
    let path = media.path().display().to_string();
    let (api, api_port) = start("http_api", &["--listen", "127.0.0.1:0", "--media", &path, "--output", &path]);
    let mut folder = Folder::new().with("http_api.json", &catalog(api_port).await);
    let url = format!("http://127.0.0.1:{api_port}");
    let store = format!("file://{path}");
    let joined = ["--api", &url, "--name", "w", "--media", &path, "--store", &store];
    for name in ["media_worker", "transcriber"] {
        let (process, port) = start(name, &joined);
        folder = folder.with(&format!("{name}.json"), &catalog(port).await);
        drop(process);
    }
    drop(api);
    folder
}

/// An example, and the port of its metrics.
fn start(name: &str, arguments: &[&str]) -> (Process, u16) {
    let port = free_port().unwrap();
    let mut command = Command::new(example::built(name));
    command.args(arguments).env_remove("OTEL_CONFIG_FILE").env_remove("RUST_LOG");
    for (variable, value) in
        [("METRICS_EXPORTER", "prometheus"), ("TRACES_EXPORTER", "none"), ("LOGS_EXPORTER", "none")]
    {
        command.env(format!("OTEL_{variable}"), value);
    }
    command.env("OTEL_EXPORTER_PROMETHEUS_PORT", port.to_string());
    (Process::start(name, command).unwrap(), port)
}

async fn catalog(port: u16) -> String {
    let (client, url) = (http(), format!("http://localhost:{port}/catalog.json"));
    let answer = eventually("the example's catalogue", async || client.get(&url).send().await.ok()?.text().await.ok());
    answer.await.unwrap()
}

fn check(folder: &Folder, arguments: &str) -> Said {
    let arguments = arguments.replace("ROOT", ROOT);
    folder.check(&format!(
        "--strict --metrics {ROOT}/dashboards/captures \
         --catalog http_api.json --catalog media_worker.json --catalog transcriber.json {arguments}"
    ))
}

#[tokio::test]
async fn of_our_own_and_of_the_five_platforms() {
    let folder = catalogs().await;
    let shipped = |folder: &str| {
        let files = std::fs::read_dir(format!("{ROOT}/{folder}")).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.is_file() && path.extension().is_some_and(|extension| extension != "md"));
        files.map(|path| format!(" {}", path.display())).collect::<String>()
    };
    let own = check(&folder, &format!("ROOT/alerts/slo {} {}", shipped("dashboards"), shipped("alerts")));
    assert_eq!((own.status, own.lines.len()), (Some(0), 1), "{}{}", own.lines.join("\n"), own.errors);
    let shown = own.lines[0].starts_with("0 of ") && !own.lines[0].contains(" 0 panels");
    assert!(shown, "{}", own.lines[0]);

    for platform in ["clip", "roboflow", "transcode-flow", "transcript-create", "vlog"] {
        let dashboards = std::fs::read_dir(format!("{ROOT}/dashboards/platforms")).unwrap();
        let dashboards = dashboards.map(|entry| entry.unwrap().path());
        let its_own = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(platform);
        let dashboards: String = dashboards.filter(its_own).map(|path| format!(" {}", path.display())).collect();
        assert!(!dashboards.is_empty(), "{platform}");
        // Some platforms' users want to see them anew more often than there is something new.
        let said = check(
            &folder,
            &format!(
                "--allow fast-refresh --config ROOT/examples/profiles/{platform}.yaml \
                 ROOT/alerts/platforms/{platform}.yaml {dashboards}"
            ),
        );
        assert_eq!(
            (said.status, said.lines.len()),
            (Some(0), 1),
            "{platform}: {}{}",
            said.lines.join("\n"),
            said.errors
        );
    }
}
