//! What `telecine-parts` promises to the tests that use it.

use std::process::Command;

use telecine_parts::{Error, Postgres, Process, Prometheus, Redis, binary, eventually, python};

#[tokio::test]
async fn a_prometheus_scrapes_and_answers_queries() -> Result<(), Error> {
    let upstream = Prometheus::start("", &[]).await?;
    let target = upstream.url().trim_start_matches("http://").to_owned();
    let prometheus = Prometheus::start(&Prometheus::scrape(&[target], "metrics_path: /metrics"), &[]).await?;
    let up = eventually("the first scrape", || async { prometheus.query("up").await.ok()?.pop() }).await?;
    assert_eq!(up["metric"]["job"], "telecine");
    assert_eq!(up["value"][1], "1");
    assert_eq!(prometheus.targets().await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn databases_come_back_on_the_port_that_they_had() -> Result<(), Error> {
    let mut postgres = Postgres::start().await?;
    let mut redis = Redis::start().await?;
    let ports = [postgres.port(), redis.port()];
    postgres.kill();
    redis.kill();
    for port in ports {
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
    postgres.start_again().await?;
    redis.start_again().await?;
    for port in ports {
        std::net::TcpStream::connect(("127.0.0.1", port))?;
    }
    assert!(postgres.output().contains("ready to accept connections") && !redis.output().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_program_that_ends_early_shows_what_it_wrote() -> Result<(), Error> {
    let mut command = Command::new("sh");
    command.args(["-c", "echo ready; echo broken >&2; exit 3"]);
    let mut process = Process::start("sh", command)?;
    assert_eq!(process.until_says("ready").await?, "ready");
    let error = process.until_says("never said").await.unwrap_err();
    assert!(error.to_string().contains("broken"), "{error}");
    assert_eq!(process.until_ended().await?.code(), Some(3));
    Ok(())
}

#[tokio::test]
async fn what_a_kept_program_wrote_is_there_when_it_is_gone() -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("sh.log");
    let mut command = Command::new("sh");
    command.args(["-c", "echo out; echo err >&2"]);
    let mut process = Process::start_kept("sh", command, &log)?;
    assert!(process.until_ended().await?.success());
    drop(process);
    assert_eq!(std::fs::read_to_string(log)?, "out\nerr\n");
    Ok(())
}

#[tokio::test]
async fn a_program_is_asked_to_end() -> Result<(), Error> {
    let mut command = Command::new("sleep");
    command.arg("600");
    let mut process = Process::start("sleep", command)?;
    assert!(!process.stop().await?.success());
    Ok(())
}

#[test]
fn a_missing_program_says_how_to_install_it() {
    assert!(binary("sh").is_ok());
    let missing = binary("no-such-program").unwrap_err().to_string();
    assert!(missing.contains(".ci/install"), "{missing}");
}

#[test]
fn python_reads_its_input() -> Result<(), Error> {
    let big = vec![b'x'; 1 << 20];
    let script = "import sys, prometheus_client\nprint(len(sys.stdin.read()))";
    assert_eq!(python(script, &big)?.trim(), "1048576");
    let error = python("raise ValueError('so')", b"").unwrap_err();
    assert!(error.to_string().contains("ValueError: so"), "{error}");
    Ok(())
}
