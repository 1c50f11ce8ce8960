//! One program, from its start until it is killed and reaped.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

use tempfile::NamedTempFile;

use crate::{DEADLINE, Error, PAUSE, http};

/// A program that runs beside the test. Dropping it kills and reaps it.
#[must_use = "the program is killed when this is dropped"]
pub struct Process {
    name: String,
    child: Child,
    log: Log,
}

/// What the program writes, to standard output and error.
enum Log {
    ThrownAway(NamedTempFile),
    Kept(PathBuf),
}

impl Process {
    /// Starts a program without standard input. What it writes, to standard output and error, is
    /// kept in a file for [`output`](Self::output) and for the messages of errors.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: Command) -> Result<Self, Error> {
        Self::spawn(name, command, Log::ThrownAway(NamedTempFile::new()?))
    }

    /// Starts a program without standard input, whose output is added to the file `log` and stays there.
    ///
    /// Ctrl-C on the terminal does not reach it: whoever started it ends it when its turn comes.
    ///
    /// # Errors
    /// When it cannot be started, or the file cannot be written.
    pub fn start_kept(name: &str, mut command: Command, log: &Path) -> Result<Self, Error> {
        command.process_group(0);
        Self::spawn(name, command, Log::Kept(log.to_owned()))
    }

    fn spawn(name: &str, mut command: Command, log: Log) -> Result<Self, Error> {
        command.stdin(Stdio::null()).stdout(log.open()?).stderr(log.open()?);
        let child = command.spawn().map_err(|source| Error::Start { name: name.to_owned(), source })?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it wrote so far to standard output and error.
    pub fn output(&self) -> String {
        match std::fs::read(self.log.path()) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(its output cannot be read: {error})"),
        }
    }

    /// Waits until `GET url` answers with a status of 200 to 299.
    ///
    /// # Errors
    /// When the program ends before, or after [`DEADLINE`].
    pub async fn until_answers(&mut self, url: &str) -> Result<(), Error> {
        let client = http();
        let what = format!("{} to answer at {url}", self.name);
        let started = Instant::now();
        loop {
            if let Ok(response) = client.get(url).send().await {
                if response.status().is_success() {
                    return Ok(());
                }
            }
            self.still_running(&what, started)?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until a line of its output contains `text`, and returns that line.
    ///
    /// # Errors
    /// When the program ends before, or after [`DEADLINE`].
    pub async fn until_says(&mut self, text: &str) -> Result<String, Error> {
        let what = format!("{} to say {text:?}", self.name);
        let started = Instant::now();
        loop {
            // Looked at before the output is read: a program that has ended has written it all.
            let state = self.still_running(&what, started);
            let output = self.output();
            let complete = output.rfind('\n').map_or("", |end| &output[..end]);
            if let Some(line) = complete.lines().find(|line| line.contains(text)) {
                return Ok(line.to_owned());
            }
            state?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// After [`DEADLINE`].
    pub async fn until_ended(&mut self) -> Result<ExitStatus, Error> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if started.elapsed() > DEADLINE {
                return Err(Error::Late { what: format!("{} to end", self.name), output: self.output() });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// After [`DEADLINE`].
    pub async fn stop(&mut self) -> Result<ExitStatus, Error> {
        self.signal(rustix::process::Signal::TERM)?;
        self.until_ended().await
    }

    fn signal(&self, signal: rustix::process::Signal) -> Result<(), Error> {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal)
            .map_err(std::io::Error::from)?;
        Ok(())
    }

    /// Sends a signal by which it ends at once, and waits until it has.
    pub(crate) fn end_by(&mut self, signal: rustix::process::Signal) {
        if self.signal(signal).is_ok() {
            // An error means that it has ended already.
            let _ = self.child.wait();
        }
    }

    fn still_running(&mut self, what: &str, started: Instant) -> Result<(), Error> {
        if let Some(status) = self.child.try_wait()? {
            return Err(Error::Ended { name: self.name.clone(), status, output: self.output() });
        }
        if started.elapsed() > DEADLINE {
            return Err(Error::Late { what: what.to_owned(), output: self.output() });
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end with `stdin`, and returns what it wrote to standard output.
///
/// # Errors
/// When it cannot be started or ends with another status than 0; the message holds what it wrote.
pub fn feed(name: &str, mut command: Command, stdin: &[u8]) -> Result<String, Error> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Error::Start { name: name.to_owned(), source })?;
    let pipe = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // From another thread, since the program may write before it has read all.
        scope.spawn(move || {
            if let Some(mut pipe) = pipe {
                // A program that does not read to the end says why by its status.
                let _ = pipe.write_all(stdin);
            }
        });
        child.wait_with_output()
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(Error::Ended {
        name: name.to_owned(),
        status: output.status,
        output: text + &String::from_utf8_lossy(&output.stderr),
    })
}

impl Log {
    fn path(&self) -> &Path {
        match self {
            Self::ThrownAway(file) => file.path(),
            Self::Kept(path) => path,
        }
    }

    /// Two handles that write to one file must append, or one would overwrite the other.
    fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).open(self.path())
    }
}
