//! JSON (RFC 8259).

use super::{MAX_DEPTH, Malformed, Node, Place, Value};

/// Reads a file.
pub(in crate::check) fn parse(text: &str) -> Result<Node, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, place: Place::TOP, depth: 0 };
    let node = reader.node()?;
    reader.space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.malformed("there is something behind the end")),
    }
}

struct Reader<'a> {
    rest: &'a str,
    place: Place,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some(c)
    }

    fn malformed(&self, reason: &str) -> Malformed {
        Malformed { place: self.place, reason: format!("this is not JSON: {reason}") }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.next();
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), Malformed> {
        self.space();
        if self.peek() == Some(wanted) {
            self.next();
            return Ok(());
        }
        Err(self.malformed(&format!("`{wanted}` is missing")))
    }

    fn node(&mut self) -> Result<Node, Malformed> {
        self.space();
        let place = self.place;
        let value = match self.peek() {
            Some('{') => self.nested(Self::object)?,
            Some('[') => self.nested(Self::list)?,
            Some('"') => Value::Text(self.string()?),
            Some(_) => self.word()?,
            None => return Err(self.malformed("it ends early")),
        };
        Ok(Node { value, place })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Value, Malformed>) -> Result<Value, Malformed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.malformed(&format!("it nests deeper than {MAX_DEPTH} levels")));
        }
        self.next();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value, Malformed> {
        let mut entries = Vec::new();
        while self.another(entries.is_empty(), '}')? {
            self.space();
            let key = self.string()?;
            self.expect(':')?;
            entries.push((key, self.node()?));
        }
        Ok(Value::Object(entries))
    }

    fn list(&mut self) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        while self.another(items.is_empty(), ']')? {
            items.push(self.node()?);
        }
        Ok(Value::List(items))
    }

    /// Whether there is another member before the end, which is taken.
    fn another(&mut self, is_first: bool, end: char) -> Result<bool, Malformed> {
        self.space();
        match self.peek() {
            Some(c) if c == end => {
                self.next();
                Ok(false)
            }
            _ if is_first => Ok(true),
            Some(',') => {
                self.next();
                Ok(true)
            }
            _ => Err(self.malformed(&format!("`,` or `{end}` is missing"))),
        }
    }

    fn string(&mut self) -> Result<String, Malformed> {
        if self.peek() != Some('"') {
            return Err(self.malformed("a text in quotes is missing"));
        }
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(c) if c >= ' ' => text.push(c),
                Some(_) => return Err(self.malformed("a text has a control character")),
                None => return Err(self.malformed("a text does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        Ok(match self.next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let first = self.hexadecimal()?;
                let is_pair = (0xd800..0xdc00).contains(&first) && self.rest.starts_with("\\u");
                let code = if is_pair {
                    self.next();
                    self.next();
                    let second = self.hexadecimal()?;
                    0x10000 + ((first - 0xd800) << 10) + (second.wrapping_sub(0xdc00) & 0x3ff)
                } else {
                    first
                };
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.malformed("a text has an unknown escape")),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32, Malformed> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.malformed("`\\u` has four hexadecimal digits"))?;
        }
        Ok(code)
    }

    fn word(&mut self) -> Result<Value, Malformed> {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
        let word = &self.rest[..end.unwrap_or(self.rest.len())];
        let is_number = word.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            word => match word.parse() {
                Ok(number) if is_number => Value::Number(number),
                _ => return Err(self.malformed("a value is missing")),
            },
        };
        for _ in 0..word.len() {
            self.next();
        }
        Ok(value)
    }
}
