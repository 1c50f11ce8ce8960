//! Where the threads of the process spend CPU time.

use super::Error;

/// Samples in a second of CPU time: as many as the coarsest timer of the usual kernels gives.
pub(super) const FREQUENCY: u16 = 100;

/// A profile of CPU time that is being taken. Dropped, it is given up.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct CpuProfile(imp::Running);

impl CpuProfile {
    /// Begins one, of every thread of the process.
    ///
    /// # Errors
    /// [`Error::Busy`] while there is one already.
    pub fn start() -> Result<Self, Error> {
        imp::Running::start().map(Self)
    }

    /// Ends it: pprof's format, compressed by gzip. It blocks while it looks for the functions' names.
    ///
    /// # Errors
    /// [`Error::Failed`] if the samples could not be read.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        self.0.finish()
    }
}

#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), any(target_os = "linux", target_os = "macos")))]
mod imp {
    use std::fmt;
    use std::sync::Mutex;
    use std::sync::PoisonError;
    use std::time::{Duration, Instant, SystemTime};

    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::signal::{Signal, raise};
    use nix::sys::time::TimeValLike as _;
    use pprof::{ProfilerGuard, Symbol};

    use super::super::Error;
    use super::super::encode::{Function, Sampled, Stack};
    use super::FREQUENCY;

    pub(super) struct Running {
        guard: ProfilerGuard<'static>,
        began: SystemTime,
        began_at: Instant,
        cpu_time: Duration,
    }

    impl Running {
        pub(super) fn start() -> Result<Self, Error> {
            warm_up()?;
            let cpu_time = cpu_time()?;
            let (began, began_at) = (SystemTime::now(), Instant::now());
            Ok(Self { guard: profiler(FREQUENCY)?, began, began_at, cpu_time })
        }

        pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
            let (lasted, cpu_time) = (self.began_at.elapsed(), cpu_time()?.saturating_sub(self.cpu_time));
            let report = self.guard.report().build().map_err(failed)?;
            drop(self.guard);
            let stacks = report.data.iter().map(|(frames, count)| Stack {
                thread: frames.thread_name_or_id(),
                count: u64::try_from(*count).unwrap_or_default(),
                frames: frames.frames.iter().map(|symbols| symbols.iter().map(function).collect()).collect(),
            });
            let sampled = Sampled { stacks: stacks.collect(), began: self.began, lasted, cpu_time };
            sampled.encode().map_err(|error| Error::Failed(error.into()))
        }
    }

    impl fmt::Debug for Running {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Running").field("began", &self.began).finish_non_exhaustive()
        }
    }

    /// Takes the first sample of the process here, where nothing is held. With it the unwinder reads the
    /// tables of all libraries, and allocates: in a thread that the signal finds inside the allocator, it
    /// would wait for itself.
    fn warm_up() -> Result<(), Error> {
        static WARM: Mutex<bool> = Mutex::new(false);
        let mut warm = WARM.lock().unwrap_or_else(PoisonError::into_inner);
        if !*warm {
            let _guard = profiler(1)?;
            raise(Signal::SIGPROF).map_err(failed)?;
            *warm = true;
        }
        Ok(())
    }

    fn profiler(frequency: u16) -> Result<ProfilerGuard<'static>, Error> {
        ProfilerGuard::new(frequency.into()).map_err(|error| match error {
            pprof::Error::Running => Error::Busy,
            error => failed(error),
        })
    }

    fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Failed(error.into())
    }

    fn cpu_time() -> Result<Duration, Error> {
        let usage = getrusage(UsageWho::RUSAGE_SELF).map_err(failed)?;
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        Ok(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
    }

    fn function(symbol: &Symbol) -> Function {
        Function {
            name: symbol.name(),
            system_name: symbol.sys_name().into_owned(),
            file: symbol.filename().into_owned(),
            line: symbol.lineno(),
        }
    }
}

#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), any(target_os = "linux", target_os = "macos"))))]
mod imp {
    use super::super::Error;

    #[derive(Debug)]
    pub(super) enum Running {}

    impl Running {
        pub(super) fn start() -> Result<Self, Error> {
            Err(Error::Unsupported)
        }

        pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
            match self {}
        }
    }
}
