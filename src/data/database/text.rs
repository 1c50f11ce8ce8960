//! A query without what it is about in particular.

/// Longest text that is recorded.
const LENGTH_LIMIT: usize = 2048;

/// The products whose SQL can be read. They differ in what a quote, a dollar and a comment are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    PostgreSql,
    MySql,
    Sqlite,
    SqlServer,
}

/// A piece of a query: how long it is, and what is written for it. Nothing: itself.
type Piece = (usize, Option<&'static str>);

impl Dialect {
    fn of(system: &str) -> Option<Self> {
        match system {
            "postgresql" => Some(Self::PostgreSql),
            "mysql" | "mariadb" => Some(Self::MySql),
            "sqlite" => Some(Self::Sqlite),
            "microsoft.sql_server" => Some(Self::SqlServer),
            _ => None,
        }
    }
}

/// The query with `?` in the place of each literal and without comments; nothing of a product whose SQL is not
/// known. What may be a literal, or the rest of one, is taken for it.
pub(super) fn without_literals(system: &str, sql: &str) -> Option<String> {
    let dialect = Dialect::of(system)?;
    let mut rest = sql;
    let mut text = String::with_capacity(sql.len().min(LENGTH_LIMIT));
    while let Some(first) = rest.chars().next() {
        if text.len() >= LENGTH_LIMIT {
            break;
        }
        let (length, replacement) = piece(dialect, &mut text, rest, first);
        text.push_str(replacement.unwrap_or(&rest[..length]));
        rest = &rest[length..];
    }
    let mut end = text.len().min(LENGTH_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    Some(text)
}

/// The piece that `rest` begins with, after `text`.
fn piece(dialect: Dialect, text: &mut String, rest: &str, first: char) -> Piece {
    use Dialect::{MySql, PostgreSql, SqlServer, Sqlite};
    let is_in_word = text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '@' | ':'));
    match (first, dialect) {
        ('\'', _) => {
            let prefix = take_prefix(text);
            (string(rest, dialect == PostgreSql && matches!(prefix, Some('e' | 'E'))), Some("?"))
        }
        ('"', PostgreSql) | ('`', MySql | Sqlite) => (identifier(rest, first), None),
        // A string in MySQL; in SQLite too, where there is no such column.
        ('"', _) => (string(rest, false), Some("?")),
        ('[', Sqlite | SqlServer) => (identifier(rest, ']'), None),
        ('$', PostgreSql) if !is_in_word => match dollar_quoted(rest) {
            Some(length) => (length, Some("?")),
            None => (1, None),
        },
        // In MySQL there is space after the dashes, or they are signs.
        ('-', _) if rest.starts_with("--") && (dialect != MySql || !rest[2..].starts_with(|c: char| c > ' ')) => {
            (line(rest), Some(" "))
        }
        ('#', MySql) => (line(rest), Some(" ")),
        ('/', _) if rest.starts_with("/*") => (comment(rest, matches!(dialect, PostgreSql | SqlServer)), Some(" ")),
        ('0'..='9', _) if !is_in_word => (number(rest), Some("?")),
        _ => (first.len_utf8(), None),
    }
}

/// The length of a string. A doubled quote is one of the text. Without `escapes`, a backslash before a quote may be
/// an escape or not, by the server's settings: then everything is taken for text.
fn string(text: &str, escapes: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => {
                let backslashes = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
                at += backslashes;
                if backslashes % 2 == 1 && bytes.get(at) == Some(&bytes[0]) {
                    if !escapes {
                        return bytes.len();
                    }
                    at += 1;
                }
            }
            byte if byte == bytes[0] && bytes.get(at + 1) == Some(&byte) => at += 2,
            byte if byte == bytes[0] => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of an identifier in quotes that `close` ends; doubled, it is one of the name.
fn identifier(text: &str, close: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == close && chars.next_if(|(_, next)| *next == close).is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The length of `$tag$ … $tag$`; nothing where it is a placeholder such as `$1`.
fn dollar_quoted(text: &str) -> Option<usize> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[..end];
    let name = &tag[1..tag.len() - 1];
    if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    Some(text[end..].find(tag).map_or(text.len(), |close| end + close + tag.len()))
}

/// The length of what is left of a line.
fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of a comment, those within it included where they nest.
fn comment(text: &str, nests: bool) -> usize {
    let (mut depth, mut at) = (1, 2);
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if nests && rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of a number: `42`, `1.5e-3`, `0xff`.
fn number(text: &str) -> usize {
    let mut before = ' ';
    let end = text.find(|c: char| {
        let is_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        before = c;
        !(is_sign || c.is_alphanumeric() || matches!(c, '.' | '_'))
    });
    end.unwrap_or(text.len())
}

/// Takes off the letter that says what sort of string comes: `E'…'`, `N'…'`, `X'…'`, `B'…'`.
fn take_prefix(text: &mut String) -> Option<char> {
    let mut last = text.chars().rev();
    let is_prefix = last.next().is_some_and(|c| "eEnNxXbB".contains(c));
    let is_word = last.next().is_some_and(|c| c.is_alphanumeric() || c == '_');
    if is_prefix && !is_word { text.pop() } else { None }
}
