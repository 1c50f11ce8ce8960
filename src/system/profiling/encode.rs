//! The format: `profile.proto` of pprof.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

/// What was sampled.
#[derive(Debug)]
pub(super) struct Sampled {
    pub(super) stacks: Vec<Stack>,
    pub(super) began: SystemTime,
    pub(super) lasted: Duration,
    /// CPU time that the process used meanwhile.
    pub(super) cpu_time: Duration,
}

/// A stack, and how often it was seen.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) thread: String,
    pub(super) count: u64,
    /// From the innermost to the outermost. Functions that were inlined into one stand before it.
    pub(super) frames: Vec<Vec<Function>>,
}

/// A function, at a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) system_name: String,
    pub(super) file: String,
    pub(super) line: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Profile {
    #[prost(message, repeated, tag = "1")]
    pub(super) sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    pub(super) sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    pub(super) mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    pub(super) location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    pub(super) function: Vec<FunctionEntry>,
    #[prost(string, repeated, tag = "6")]
    pub(super) string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    pub(super) time_nanos: i64,
    #[prost(int64, tag = "10")]
    pub(super) duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    pub(super) period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    pub(super) period: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct ValueType {
    #[prost(int64, tag = "1")]
    pub(super) r#type: i64,
    #[prost(int64, tag = "2")]
    pub(super) unit: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    pub(super) location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    pub(super) value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    pub(super) label: Vec<Label>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Label {
    #[prost(int64, tag = "1")]
    pub(super) key: i64,
    #[prost(int64, tag = "2")]
    pub(super) str: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Mapping {
    #[prost(uint64, tag = "1")]
    pub(super) id: u64,
    #[prost(int64, tag = "5")]
    pub(super) filename: i64,
    #[prost(bool, tag = "7")]
    pub(super) has_functions: bool,
    #[prost(bool, tag = "8")]
    pub(super) has_filenames: bool,
    #[prost(bool, tag = "9")]
    pub(super) has_line_numbers: bool,
    #[prost(bool, tag = "10")]
    pub(super) has_inline_frames: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Location {
    #[prost(uint64, tag = "1")]
    pub(super) id: u64,
    #[prost(uint64, tag = "2")]
    pub(super) mapping_id: u64,
    #[prost(message, repeated, tag = "4")]
    pub(super) line: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Line {
    #[prost(uint64, tag = "1")]
    pub(super) function_id: u64,
    #[prost(int64, tag = "2")]
    pub(super) line: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct FunctionEntry {
    #[prost(uint64, tag = "1")]
    pub(super) id: u64,
    #[prost(int64, tag = "2")]
    pub(super) name: i64,
    #[prost(int64, tag = "3")]
    pub(super) system_name: i64,
    #[prost(int64, tag = "4")]
    pub(super) filename: i64,
}

/// Each thing that is named, once, by its number.
#[derive(Default)]
struct Tables {
    strings: HashMap<String, i64>,
    functions: HashMap<(i64, i64, i64), u64>,
    locations: HashMap<Vec<(u64, i64)>, u64>,
    profile: Profile,
}

impl Sampled {
    /// As a protobuf message.
    pub(super) fn profile(&self) -> Profile {
        let mut tables = Tables::default();
        // The format wants the empty string first.
        tables.string("");
        let samples = ValueType { r#type: tables.string("samples"), unit: tables.string("count") };
        let cpu = ValueType { r#type: tables.string("cpu"), unit: tables.string("nanoseconds") };
        let thread = tables.string("thread");
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
        let mapping = Mapping {
            id: 1,
            filename: tables.string(&program),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        };
        let period = self.period();
        for stack in &self.stacks {
            let location_id = stack.frames.iter().map(|lines| tables.location(lines)).collect();
            let count = i64::try_from(stack.count).unwrap_or(i64::MAX);
            let label = vec![Label { key: thread, str: tables.string(&stack.thread) }];
            tables.profile.sample.push(Sample { location_id, value: vec![count, count.saturating_mul(period)], label });
        }
        Profile {
            sample_type: vec![samples, cpu],
            mapping: vec![mapping],
            time_nanos: nanos(self.began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()),
            duration_nanos: nanos(self.lasted),
            period_type: Some(cpu),
            period,
            ..tables.profile
        }
    }

    /// CPU time that a sample stands for. The kernel's timer may be coarser than it was asked to be: what
    /// was used is known, and all samples together are that.
    fn period(&self) -> i64 {
        let samples: u64 = self.stacks.iter().map(|stack| stack.count).sum();
        match samples {
            0 => nanos(Duration::from_secs(1)) / i64::from(super::cpu::FREQUENCY),
            samples => nanos(self.cpu_time) / i64::try_from(samples).unwrap_or(i64::MAX),
        }
    }

    /// As it is served: compressed.
    pub(super) fn encode(&self) -> io::Result<Vec<u8>> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&self.profile().encode_to_vec())?;
        gzip.finish()
    }
}

impl Tables {
    fn string(&mut self, string: &str) -> i64 {
        if let Some(number) = self.strings.get(string) {
            return *number;
        }
        let number = self.profile.string_table.len() as i64;
        self.profile.string_table.push(string.to_owned());
        self.strings.insert(string.to_owned(), number);
        number
    }

    fn function(&mut self, function: &Function) -> u64 {
        let (name, system_name) = (self.string(&function.name), self.string(&function.system_name));
        let filename = self.string(&function.file);
        let next = self.functions.len() as u64 + 1;
        *self.functions.entry((name, system_name, filename)).or_insert_with(|| {
            self.profile.function.push(FunctionEntry { id: next, name, system_name, filename });
            next
        })
    }

    fn location(&mut self, lines: &[Function]) -> u64 {
        let key: Vec<_> = lines.iter().map(|line| (self.function(line), i64::from(line.line))).collect();
        let next = self.locations.len() as u64 + 1;
        if let Some(known) = self.locations.get(&key) {
            return *known;
        }
        let line = key.iter().map(|(function_id, line)| Line { function_id: *function_id, line: *line }).collect();
        self.profile.location.push(Location { id: next, mapping_id: 1, line });
        self.locations.insert(key, next);
        next
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_twice_is_told_once_and_samples_are_all_of_the_time() {
        let function = |name: &str, line| Function {
            name: name.to_owned(),
            system_name: format!("_{name}"),
            file: "lib.rs".to_owned(),
            line,
        };
        let stack = |count, leaf: &[Function]| Stack {
            thread: "worker".to_owned(),
            count,
            frames: vec![leaf.to_vec(), vec![function("main", 7)]],
        };
        let sampled = Sampled {
            stacks: vec![stack(3, &[function("inlined", 1), function("outer", 2)]), stack(1, &[function("outer", 2)])],
            began: SystemTime::UNIX_EPOCH + Duration::from_secs(1),
            lasted: Duration::from_secs(2),
            cpu_time: Duration::from_secs(1),
        };
        let profile = sampled.profile();
        assert_eq!(profile.string_table[0], "");
        assert_eq!((profile.function.len(), profile.location.len()), (3, 3));
        assert_eq!(profile.sample[0].value, [3, 750_000_000]);
        assert_eq!(profile.sample[1].value, [1, 250_000_000]);
        assert_eq!((profile.period, profile.time_nanos, profile.duration_nanos), (250_000_000, 1e9 as i64, 2e9 as i64));
        let named = |number: i64| profile.string_table[number as usize].as_str();
        let innermost = &profile.location[profile.sample[0].location_id[0] as usize - 1];
        let names: Vec<_> =
            innermost.line.iter().map(|line| named(profile.function[line.function_id as usize - 1].name)).collect();
        assert_eq!(names, ["inlined", "outer"]);
    }
}
