//! What a label may say.

#[cfg(feature = "telemetry")]
pub(super) use on::Budgets;
#[cfg(feature = "telemetry")]
pub(crate) use on::clean;

#[cfg(feature = "telemetry")]
mod on {
    use std::collections::{BTreeMap, HashSet};
    use std::sync::{Arc, Mutex, PoisonError};

    use opentelemetry::{StringValue, Value};

    use crate::catalog::{Attribute, OTHER, Values};

    /// Longest value of a free-text label, in characters.
    const LENGTH_LIMIT: usize = 64;

    /// Longest template of a path, in characters.
    const TEMPLATE_LENGTH_LIMIT: usize = 256;

    /// The values that free-text attributes have taken, and how often one was refused.
    #[derive(Debug, Default)]
    pub(in crate::operation) struct Budgets {
        taken: Mutex<BTreeMap<&'static str, Taken>>,
    }

    #[derive(Debug, Default)]
    struct Taken {
        values: HashSet<Arc<str>>,
        refused: u64,
    }

    impl Budgets {
        /// The value to record for what was said: itself if it is allowed and within the budget.
        pub(in crate::operation) fn value(&self, attribute: &Attribute, said: &str) -> Value {
            let key = attribute.key();
            let text = match attribute.values() {
                Values::OneOf(values) => match values.iter().find(|value| **value == said) {
                    Some(value) => StringValue::from(*value),
                    None => {
                        self.refuse(key);
                        StringValue::from(if values.contains(&"_OTHER") { "_OTHER" } else { OTHER })
                    }
                },
                Values::Budget(budget) => {
                    let value = clean(said);
                    self.within(key, budget, &value, is_identity(&value))
                }
                Values::Templates(budget) => {
                    let value = clean_to(said, TEMPLATE_LENGTH_LIMIT);
                    self.within(key, budget, &value, has_id(&value) || value.contains("://"))
                }
                Values::Numbers(budget) => {
                    let number = said.parse::<i64>();
                    let text = self.within(key, budget, said, number.is_err());
                    return match number {
                        Ok(number) if text.as_str() == said => Value::I64(number),
                        _ => Value::String(text),
                    };
                }
            };
            Value::String(text)
        }

        /// How many values were refused, by attribute.
        pub(in crate::operation) fn refused(&self) -> Vec<(&'static str, u64)> {
            let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.iter().map(|(key, taken)| (*key, taken.refused)).filter(|(_, refused)| *refused > 0).collect()
        }

        /// A value stands for nothing any more: its place is free.
        pub(in crate::operation) fn release(&self, attribute: &Attribute, said: &str) {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(taken) = taken.get_mut(attribute.key()) {
                taken.values.remove(clean_to(said, length_limit(attribute)).as_str());
            }
        }

        fn refuse(&self, key: &'static str) {
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().refused += 1;
        }

        fn within(&self, key: &'static str, budget: usize, value: &str, never: bool) -> StringValue {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = taken.entry(key).or_default();
            if let Some(known) = taken.values.get(value) {
                return Arc::clone(known).into();
            }
            if value.is_empty() || never || taken.values.len() >= budget {
                taken.refused += 1;
                return StringValue::from(OTHER);
            }
            let value: Arc<str> = value.into();
            taken.values.insert(Arc::clone(&value));
            value.into()
        }
    }

    /// Whether a value names one thing: a URL, an absolute path, an id of 32 hexadecimal digits or more.
    fn is_identity(value: &str) -> bool {
        has_id(value) || value.contains("://") || value.starts_with('/')
    }

    /// Whether 32 hexadecimal digits or more stand together.
    fn has_id(value: &str) -> bool {
        let mut digits = 0;
        value.chars().any(|c| {
            digits = if c.is_ascii_hexdigit() {
                digits + 1
            } else if c == '-' {
                digits
            } else {
                0
            };
            digits >= 32
        })
    }

    fn length_limit(attribute: &Attribute) -> usize {
        if matches!(attribute.values(), Values::Templates(_)) { TEMPLATE_LENGTH_LIMIT } else { LENGTH_LIMIT }
    }

    /// Without control characters and surrounding space, and of bounded length. What prints as nothing, or turns
    /// the direction of what follows, goes too: two names that look the same are the same.
    pub(crate) fn clean(said: &str) -> String {
        clean_to(said, LENGTH_LIMIT)
    }

    fn clean_to(said: &str, limit: usize) -> String {
        let shown = |c: &char| !c.is_control() && !is_invisible(*c);
        said.trim().chars().filter(shown).take(limit).collect()
    }

    const fn is_invisible(c: char) -> bool {
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    }
}
