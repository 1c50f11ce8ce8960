use opentelemetry::StringValue;

/// What is left of large log records that are exported (specification, "LogRecord Limits").
///
/// What is left out is not counted: the SDK's records have no place for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLimits {
    /// How many characters of a value of an attribute are kept. `None` keeps all.
    pub attribute_value_length: Option<usize>,
    /// How many attributes are kept: those of the spans first, then the event's own, then those that say where it stands
    /// and what its error was.
    pub attributes: usize,
}

/// No limit on values, and [`DEFAULT_ATTRIBUTES`](Self::DEFAULT_ATTRIBUTES).
impl Default for RecordLimits {
    fn default() -> Self {
        Self { attribute_value_length: None, attributes: Self::DEFAULT_ATTRIBUTES }
    }
}

impl RecordLimits {
    /// How many attributes are kept when nothing else is said.
    pub const DEFAULT_ATTRIBUTES: usize = 128;
}

/// Cuts a text after so many characters.
pub(crate) fn cut(text: &mut StringValue, length: usize) {
    let end = text.as_str().char_indices().nth(length).map(|(end, _)| end);
    if let Some(end) = end {
        *text = text.as_str()[..end].to_owned().into();
    }
}
