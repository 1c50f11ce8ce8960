//! What a run needs that starts real programs and waits for people: a folder of its own, the examples beside it,
//! the signals that end it.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a program to end.
pub(crate) struct Signals([Signal; 3]);

/// The file that says whose a folder is.
const OWNER: &str = "pid";

impl Signals {
    pub(crate) fn new() -> Result<Self> {
        let of = |kind| signal(kind).context("signals cannot be heard");
        Ok(Self([of(SignalKind::interrupt())?, of(SignalKind::terminate())?, of(SignalKind::hangup())?]))
    }

    pub(crate) async fn next(&mut self) {
        let Self([interrupt, terminate, hangup]) = self;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Whether `ONCE` asks to end by itself.
pub(crate) fn once() -> bool {
    std::env::var_os("ONCE").is_some_and(|once| !once.is_empty() && once != "0")
}

/// Makes a folder this process' own, empty. Refuses where a process of the same program has it.
pub(crate) fn claim(root: &Path, program: &str) -> Result<()> {
    let owner = root.join(OWNER);
    if root.exists() {
        // Where there is no /proc, nobody is found.
        let owner = std::fs::read_to_string(&owner).unwrap_or_default();
        let runs = std::fs::read_link(format!("/proc/{owner}/exe")).is_ok_and(|exe| exe.ends_with(program));
        ensure!(!runs, "a {program} runs here already: process {owner}");
        std::fs::remove_dir_all(root).with_context(|| format!("{} cannot be emptied", root.display()))?;
    }
    std::fs::create_dir_all(root)?;
    std::fs::write(owner, std::process::id().to_string())?;
    Ok(())
}

/// An example, to be started. Nothing of this process' `OTEL_*` is handed on.
pub(crate) fn example(name: &str) -> Result<Command> {
    // Cargo puts the examples side by side.
    let program = std::env::current_exe()?.with_file_name(name);
    ensure!(
        program.is_file(),
        "{} is not there; build it: cargo build --example {name}, with the profile of this program",
        program.display()
    );
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("OTEL_") {
            command.env_remove(variable);
        }
    }
    Ok(command)
}
