use opentelemetry::{Key, Value};

/// Who reports, as far as it is configured. What the program says of itself comes after it, and what is detected last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceSettings {
    /// Attributes. Of two with one key, the later counts.
    pub attributes: Vec<(Key, Value)>,
    /// The schema that they follow.
    pub schema_url: Option<String>,
}
