//! What the files of `/proc` say.

/// Of `/proc/self/stat`, in the kernel's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) threads: u64,
    /// Clock ticks from the system's start to the process'.
    pub(super) started: u64,
    /// Bytes.
    pub(super) virtual_memory: u64,
    /// Pages.
    pub(super) resident: u64,
}

/// Of `/proc/self/io`, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Io {
    pub(super) read: u64,
    pub(super) written: u64,
}

impl Stat {
    /// `proc_pid_stat(5)`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // The second field is the executable's name, which may hold spaces and brackets.
        let (_, fields) = text.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        // The field after the name is the third; they are counted from 1.
        let mut skip_to = |skipped: usize| fields.nth(skipped)?.parse().ok();
        let threads = skip_to(20 - 3)?;
        let started = skip_to(22 - 21)?;
        let virtual_memory = skip_to(0)?;
        let resident = skip_to(0)?;
        Some(Self { threads, started, virtual_memory, resident })
    }
}

impl Io {
    /// `proc_pid_io(5)`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key))?;
            line.strip_prefix(':')?.trim().parse().ok()
        };
        Some(Self { read: value("read_bytes")?, written: value("write_bytes")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_is_only_a_name() {
        let text = "42 (a) 7 (b) R 1 42 42 0 -1 4194304 102 0 3 0 11 12 0 0 20 0 5 0 1150929 3133440 416 184467 1 1";
        let stat = Stat { threads: 5, started: 1_150_929, virtual_memory: 3_133_440, resident: 416 };
        assert_eq!(Stat::parse(text), Some(stat));
        assert_eq!(Stat::parse("42 (a) R 1"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn bytes_of_disks_are_not_those_that_were_cancelled() {
        let text = "rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 5\n";
        assert_eq!(Io::parse(text), Some(Io { read: 4096, written: 8192 }));
        assert_eq!(Io::parse("rchar: 1\n"), None);
    }
}
