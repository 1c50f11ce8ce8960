use telecine::catalog::Catalog;
use telecine::telemetry::Environment;
use telecine::telemetry::config::{Error, Fault, File};

use crate::WHOLE;

/// What a file may hold and may not, put into a good one.
const BITS: [&str; 36] = [
    "${",
    "}",
    "${X}",
    "${X:-a}",
    "${X:?}",
    "$$",
    "*a",
    "&a ",
    "!!int ",
    "!!str ",
    "!own ",
    "\t",
    "\r",
    "\r\n",
    "\u{feff}",
    "[",
    "]",
    "{",
    ",",
    "? ",
    "- ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "%",
    "#",
    "---\n",
    "...\n",
    "<<: ",
    ": ",
    "1e999",
    "-9999999999999999999999999999999999999999",
    "\u{1f600}",
    "\u{85}",
    "null",
];

/// Marsaglia's xorshift: the same changes in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        (self.0 % bound.max(1) as u64) as usize
    }

    /// The text with something changed in it.
    fn change(&mut self, text: &str) -> String {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let (one, other) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(6) {
            0 => drop(lines.remove(one)),
            1 => lines.swap(one, other),
            2 => lines.insert(one, text.split_inclusive('\n').nth(other).unwrap_or_default().to_owned()),
            3 => {
                if let Some(colon) = lines[one].find(": ") {
                    lines[one].replace_range(colon + 2.., &format!("{}\n", BITS[self.below(BITS.len())]));
                }
            }
            4 => {
                let (at, bit) = (self.below(lines[one].chars().count()), BITS[self.below(BITS.len())]);
                let at = lines[one].char_indices().nth(at).map_or(0, |(at, _)| at);
                lines[one].insert_str(at, bit);
            }
            _ => {
                let length = lines[one].chars().count();
                let (from, to) = (self.below(length), self.below(length));
                let kept = |(at, _): &(usize, char)| *at < from.min(to) || *at > from.max(to);
                lines[one] = lines[one].chars().enumerate().filter(kept).map(|(_, letter)| letter).collect();
            }
        }
        lines.concat()
    }
}

/// Whether each fault is at a place of the text, and says something.
#[track_caller]
fn are_in(faults: &[Fault], text: &str) {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<_> = text.split_terminator(['\n', '\r']).collect();
    for fault in faults {
        let line = fault.line.checked_sub(1).map(|at| lines.get(at).copied());
        let line = line.and_then(|line| line.or_else(|| lines.is_empty().then_some("")));
        let Some(line) = line else { panic!("{fault}: there are {} lines\n{text}", lines.len()) };
        // The parser counts a break that is not one to everybody, and a mark at the start, as it likes.
        let length = line.chars().count() + 2;
        assert!((1..=length).contains(&fault.column), "{fault}: {length} columns\n{text}");
        // A list of metrics may be long; what is repeated of a file is not.
        assert!(!fault.reason.is_empty() && fault.reason.len() < 20_000, "{fault}");
    }
}

/// Reads a text, and says whether it is good. What is good shows itself again.
#[track_caller]
fn try_it(text: &str) -> bool {
    let environment: Environment = [("X", "1")].into_iter().collect();
    match File::parse("f.yaml", text, &environment) {
        Ok(file) => {
            are_in(&file.warnings, text);
            for rule in file.coverage(&Catalog::own()) {
                are_in(&[rule.place], text);
            }
            let shown = file.settings.to_yaml();
            match File::parse("f.yaml", &shown, &environment) {
                Ok(again) => assert_eq!(again.settings.to_yaml(), shown, "{text}"),
                Err(error) => panic!("{error}\n{shown}\n{text}"),
            }
            true
        }
        Err(Error::Invalid { errors, warnings }) => {
            assert!(!errors.is_empty(), "{text}");
            are_in(&errors, text);
            are_in(&warnings, text);
            false
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn one_that_was_changed_at_random() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..200 {
        let mut text = WHOLE.to_owned();
        for _ in 0..=random.below(4) {
            text = random.change(&text);
            if try_it(&text) { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 25 && bad > 100, "{good} {bad}");
}

#[test]
fn one_that_ends_early() {
    for (end, _) in WHOLE.char_indices().step_by(29) {
        try_it(&WHOLE[..end]);
    }
}

#[test]
fn one_that_means_harm() {
    let start = "file_format: \"1.1\"\n";
    let billion: String = (1..10)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(",")))
        .collect();
    for (rest, fault) in [
        ("".to_owned(), None),
        ("\u{feff}".to_owned(), Some("")),
        ("disabled: false\ndisabled: true\n".to_owned(), Some("f.yaml:3:1: disabled: this key is on line 2 already")),
        ("resource:\n\tattributes: []\n".to_owned(), Some("f.yaml:3:2: resource: this is not YAML: tabs")),
        ("a:b\n".to_owned(), Some("f.yaml:2:4: this is not YAML")),
        ("---\n".to_owned(), Some("f.yaml:2:1: a second document begins")),
        (format!("a0: &a0 [{}]\n{billion}", "x,".repeat(10)), Some("there are more than 100000 nodes")),
        ("a: &a {b: *a}\n".to_owned(), Some("f.yaml:2:11: a.b: an alias stands inside of what it names")),
        ("a: *nothing\n".to_owned(), Some("f.yaml:2:4: a: this is not YAML")),
        (format!("a: {}\n", "[".repeat(100_000)), Some("f.yaml:2:")),
        (format!("a: {}\n", "{a: ".repeat(100_000)), Some("f.yaml:2:")),
        (format!("a:\n{}a\n", "- ".repeat(100_000)), Some("it nests deeper than 64 levels")),
        (format!("log_level: {}\n", "x".repeat(1_000_000)), Some("f.yaml:2:12: log_level: `xxx")),
        (format!("attribute_limits: {{attribute_count_limit: {}}}\n", "9".repeat(100_000)), Some("is too large")),
        (format!("resource: {{schema_url: {}}}\n", "x".repeat(4_000_000)), None),
        (format!("# {}\n", "x".repeat(5 << 20)), Some("f.yaml:1:1: the file has")),
        ("resource: {schema_url: \"a\u{0}b\"}\n".to_owned(), Some("f.yaml:2:")),
    ] {
        let text = format!("{start}{rest}");
        let shown = &rest[..rest.len().min(50)];
        match File::parse("f.yaml", &text, &Environment::default()) {
            Ok(_) => assert_eq!(fault.filter(|fault| !fault.is_empty()), None, "{shown}"),
            Err(Error::Invalid { errors, .. }) => {
                let (said, fault) = (errors[0].to_string(), fault.unwrap_or("none"));
                assert!(errors.len() == 1 && said.contains(fault), "{shown}: {errors:?}");
                are_in(&errors, &text);
            }
            Err(other) => panic!("{other}"),
        }
    }
    for text in ["", " ", "\n", "# nothing\n", "---\n", "~", "a", "- a\n", "\u{feff}"] {
        assert!(!try_it(text), "{text:?}");
    }
    for text in [
        "\u{feff}file_format: \"1.1\"\n",
        "file_format: \"1.1\"\r\ndisabled: false\r\n",
        "---\nfile_format: '1.1'\n...",
    ] {
        assert!(try_it(text), "{text:?}");
    }
}
