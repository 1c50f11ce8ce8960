//! Folders of dashboards and rules, and the command in them.

use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder that is gone after the test.
pub(crate) struct Folder(TempDir);

/// What the command did.
pub(crate) struct Said {
    pub(crate) lines: Vec<String>,
    pub(crate) errors: String,
    pub(crate) status: Option<i32>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// `telecine check`, with arguments that are separated by spaces.
    pub(crate) fn check(&self, arguments: &str) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telecine"));
        command.env_clear().current_dir(self.0.path()).arg("check").args(arguments.split_whitespace());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let lines = text(stdout).lines().map(str::to_owned).collect();
        Said { lines, errors: text(stderr), status: status.code() }
    }
}
