use super::{DEFAULT_ATTRIBUTE_COUNT, Processor};

/// Log records: where they go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    /// Each gets every record.
    pub processors: Vec<Processor>,
    /// What is left of large records.
    pub limits: RecordLimits,
}

/// What is left of large log records (specification, "LogRecord Limits").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLimits {
    /// How many characters of a value of an attribute are kept. `None` keeps all.
    pub attribute_value_length: Option<usize>,
    /// How many attributes are kept.
    pub attributes: usize,
}

impl Default for RecordLimits {
    fn default() -> Self {
        Self { attribute_value_length: None, attributes: DEFAULT_ATTRIBUTE_COUNT as usize }
    }
}
