//! Numbers as Prometheus reads them and the parser does not.

use std::borrow::Cow;

/// The query without the underscores that may stand between the digits of a number: `1_000`.
pub(super) fn without_separators(query: &str) -> Cow<'_, str> {
    if !query.contains('_') {
        return query.into();
    }
    let mut plain = String::with_capacity(query.len());
    let (mut quote, mut is_escaped, mut is_number) = (None, false, false);
    let mut last = ' ';
    let mut characters = query.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some('"' | '\''), '\\') => is_escaped = true,
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '0'..='9') if !is_number => is_number = !(last.is_alphanumeric() || last == '_' || last == ':'),
            (None, '_') if is_number => {
                if last.is_ascii_hexdigit() && characters.peek().is_some_and(char::is_ascii_hexdigit) {
                    continue;
                }
                is_number = false;
            }
            (None, _) => is_number &= c.is_ascii_alphanumeric() || c == '.',
        }
        last = c;
        plain.push(c);
    }
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::without_separators;

    #[test]
    fn only_those_of_numbers_go() {
        for (query, plain) in [
            ("a_1_000 > 1_000.5_0", "a_1_000 > 1000.50"),
            ("a{b=\"1_000\\\"2_000\"} + 0x1_F", "a{b=\"1_000\\\"2_000\"} + 0x1F"),
            ("a:1_2[5m] / 1_0e3", "a:1_2[5m] / 10e3"),
            ("up", "up"),
            ("x_y", "x_y"),
        ] {
            assert_eq!(without_separators(query), plain);
        }
    }
}
