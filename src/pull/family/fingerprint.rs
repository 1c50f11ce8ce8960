//! Attributes as one number, by which a series is recognised from scrape to scrape.

use std::{
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
};

use opentelemetry::{KeyValue, Value};

/// Random, so that nobody can choose attributes that are taken for one another.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8));

/// A number for attributes in an order. Two different lists have the same one as often as a random
/// number of 64 bits is guessed.
pub(super) fn of<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> u64 {
    attributes.fold(*SEED, |state, attribute| {
        let state = bytes(state, attribute.key.as_str().as_bytes());
        match &attribute.value {
            Value::String(text) => bytes(state, text.as_str().as_bytes()),
            Value::Bool(value) => mix(mix(state, 1), u64::from(*value)),
            Value::I64(value) => mix(mix(state, 2), *value as u64),
            Value::F64(value) => mix(mix(state, 3), value.to_bits()),
            other => bytes(mix(state, 4), other.as_str().as_bytes()),
        }
    })
}

/// Eight bytes at a time; the last ones may be read twice, which costs less than to copy them.
#[inline]
fn bytes(state: u64, text: &[u8]) -> u64 {
    let mut state = mix(state, text.len() as u64);
    let mut rest = text;
    while let Some((eight, more)) = rest.split_first_chunk() {
        state = mix(state, u64::from_le_bytes(*eight));
        rest = more;
    }
    let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (rest, text.last_chunk()) {
        ([], _) => state,
        (_, Some(eight)) => mix(state, u64::from_le_bytes(*eight)),
        (short, None) => match (short.first_chunk(), short.last_chunk()) {
            (Some(first), Some(last)) => mix(state, four(first) << 32 | four(last)),
            _ => mix(state, short.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
        },
    }
}

/// Multiplies to 128 bits and folds the halves: each bit of the result depends on each of the input.
#[inline]
fn mix(state: u64, word: u64) -> u64 {
    let product = u128::from(state ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93_u128;
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use opentelemetry::KeyValue;

    use super::of;

    #[test]
    fn different_attributes_have_different_numbers() {
        let mut sets = vec![
            vec![],
            vec![KeyValue::new("a", "")],
            vec![KeyValue::new("", "a")],
            vec![KeyValue::new("a", "b")],
            vec![KeyValue::new("ab", "")],
            vec![KeyValue::new("a", "b\0")],
            vec![KeyValue::new("a", "12345678")],
            vec![KeyValue::new("a", "123456789")],
            vec![KeyValue::new("a", true)],
            vec![KeyValue::new("a", "true")],
            vec![KeyValue::new("a", 1)],
            vec![KeyValue::new("a", 1.0)],
            vec![KeyValue::new("a", "1")],
            vec![KeyValue::new("a", "1"), KeyValue::new("b", "2")],
            vec![KeyValue::new("b", "2"), KeyValue::new("a", "1")],
        ];
        sets.extend((0..100_000).map(|number| vec![KeyValue::new("worker", format!("worker-{number}"))]));
        let numbers: HashSet<u64> = sets.iter().map(|set| of(set.iter())).collect();
        assert_eq!(numbers.len(), sets.len());
        assert!(sets.iter().all(|set| of(set.clone().iter()) == of(set.iter())));
    }
}
