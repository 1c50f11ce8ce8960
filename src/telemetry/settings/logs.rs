use super::Processor;
use crate::logs::RecordLimits;

/// Log records: where they go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    /// Each gets every record.
    pub processors: Vec<Processor>,
    /// What is left of large records.
    pub limits: RecordLimits,
}
