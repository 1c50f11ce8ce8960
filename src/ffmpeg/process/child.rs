//! A child process that is always reaped.

use std::io;
use std::process::{Child as StdChild, Command, ExitStatus};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::oneshot;

/// A process that runs in a group of its own, so that the terminal's Ctrl-C is the program's to pass on.
///
/// A thread waits for its end, which needs no runtime: it is reaped whoever drops what, also while a
/// runtime shuts down. Dropped before its end, it is asked to end, and killed if it has not in time.
#[derive(Debug)]
pub(crate) struct Child {
    pid: Pid,
    stop_within: Duration,
    abandoned: bool,
    state: Arc<State>,
    exit: oneshot::Receiver<io::Result<ExitStatus>>,
}

#[derive(Debug, Default)]
struct State {
    exited: Mutex<bool>,
    changed: Condvar,
}

/// The ends of the streams that the child was given.
#[derive(Debug)]
pub(crate) struct Streams {
    pub(crate) stdout: Option<std::process::ChildStdout>,
    pub(crate) stderr: Option<std::process::ChildStderr>,
}

impl Child {
    /// Starts a process.
    pub(crate) fn spawn(command: &mut Command, stop_within: Duration) -> io::Result<(Self, Streams)> {
        std::os::unix::process::CommandExt::process_group(command, 0);
        let state = Arc::<State>::default();
        let (hand_over, handed_over) = mpsc::channel::<StdChild>();
        let (report, exit) = oneshot::channel();
        // Before the process: a process without its thread would be nobody's to reap.
        thread::Builder::new().name("telecine-ffmpeg".to_owned()).spawn({
            let state = Arc::clone(&state);
            move || {
                if let Ok(child) = handed_over.recv() {
                    // Nobody may be left to hear of it.
                    let _ = report.send(state.reap(child));
                }
            }
        })?;
        let mut child = command.spawn()?;
        let streams = Streams { stdout: child.stdout.take(), stderr: child.stderr.take() };
        let pid = Pid::from_child(&child);
        let _ = hand_over.send(child);
        Ok((Self { pid, stop_within, abandoned: false, state, exit }, streams))
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits for its end. May be dropped and called again; after the end it must not be.
    pub(crate) async fn exit(&mut self) -> io::Result<ExitStatus> {
        (&mut self.exit).await.unwrap_or_else(|_| Err(io::Error::other("the thread that waits for it is gone")))
    }

    pub(crate) fn is_running(&self) -> bool {
        !*self.state.lock()
    }

    /// Asks it to end: ffmpeg ends its outputs properly.
    pub(crate) fn interrupt(&self) {
        self.state.signal(self.pid, Signal::INT);
    }

    /// Ends it.
    pub(crate) fn kill(&self) {
        self.state.signal(self.pid, Signal::KILL);
    }

    /// Asks it to end, kills it if it has not in time, and then drops `afterwards`. Returns at once.
    pub(crate) fn abandon(&mut self, afterwards: impl Send + 'static) {
        self.abandoned = true;
        self.interrupt();
        let (state, pid) = (Arc::clone(&self.state), self.pid);
        let deadline = Instant::now().checked_add(self.stop_within);
        let end = move || {
            if !state.wait(deadline) {
                state.signal(pid, Signal::KILL);
                state.wait(None);
            }
            drop(afterwards);
        };
        if thread::Builder::new().name("telecine-ffmpeg-end".to_owned()).spawn(end).is_err() {
            self.kill();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.abandoned && self.is_running() {
            self.abandon(());
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.exited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end, and reaps.
    fn reap(&self, mut child: StdChild) -> io::Result<ExitStatus> {
        let pid = Pid::from_child(&child);
        // Not reaped yet: until `exited` is set, the process id is still this child's to signal.
        let end = loop {
            match waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Err(Errno::INTR) => {}
                end => break end,
            }
        };
        let mut exited = self.lock();
        if end.is_ok_and(|end| end.is_some_and(|end| end.killed() || end.dumped())) {
            // What it had started, a wrapper its ffmpeg, does not outlive it.
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let status = child.wait();
        *exited = true;
        self.changed.notify_all();
        status
    }

    fn signal(&self, pid: Pid, signal: Signal) {
        let exited = self.lock();
        if !*exited {
            // It may end meanwhile: then there is nobody left to signal.
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Waits for the end; false when the deadline passes first.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut exited = self.lock();
        while !*exited {
            exited = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return false,
                Some(left) => self.changed.wait_timeout(exited, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(exited).unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }
}
