//! The specification's substitution table, its cases written anew, and what a file may hold beyond it.

use super::*;

fn environment() -> Environment {
    [
        ("WORD", "clip"),
        ("TRUTH", "true"),
        ("COUNT", "1"),
        ("SHARE", "1.1"),
        ("HEX", "0xdeadbeef"),
        ("LINES", "clip\nname:clip"),
        ("SECRET", "never put in"),
        ("REFERENCE", "${SECRET}"),
        ("DOLLARS", "clip$$"),
        ("EMPTY", ""),
        ("SPACED", " 1 "),
        ("LIST", "[1, 2]"),
        ("NULL", "null"),
        ("LONG", &"x".repeat(100_000)),
    ]
    .into_iter()
    .collect()
}

fn document(text: &str) -> Result<Value, Vec<String>> {
    let mut report = Report::new("f");
    let node = read(text, &environment(), &mut report);
    assert_eq!(report.warnings, []);
    match node {
        Some(node) if report.errors.is_empty() => Ok(node.value),
        _ => Err(report.errors.iter().map(ToString::to_string).collect()),
    }
}

fn only(text: &str) -> Value {
    match document(text) {
        Ok(Value::Object(mut entries)) if entries.len() == 1 => entries.remove(0).value.value,
        other => panic!("{text:?} is {other:?}"),
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn references_are_replaced_and_types_found_afterwards() {
    for (written, read) in [
        ("k: ${WORD}", text("clip")),
        ("k: ${TRUTH}", Value::Boolean(true)),
        ("k: ${COUNT}", Value::Integer(1)),
        ("k: ${SHARE}", Value::Float(1.1)),
        ("k: ${HEX}", Value::Integer(3_735_928_559)),
        ("k: \"${WORD}\"", text("clip")),
        ("k: \"${TRUTH}\"", text("true")),
        ("k: \"${COUNT}\"", text("1")),
        ("k: \"${SHARE}\"", text("1.1")),
        ("k: \"${HEX}\"", text("0xdeadbeef")),
        ("k: '${COUNT}'", text("1")),
        ("k: |-\n  ${COUNT}", text("1")),
        ("k: >-\n  ${COUNT}", text("1")),
        ("k: ${env:WORD}", text("clip")),
        ("k: ${LINES}", text("clip\nname:clip")),
        ("k: ${LIST}", text("[1, 2]")),
        ("k: one ${WORD} ${SHARE}", text("one clip 1.1")),
        ("k: 1${COUNT}", Value::Integer(11)),
        ("k: ${NONE}", Value::Null),
        ("k: ${EMPTY}", Value::Null),
        ("k: ${NULL}", Value::Null),
        ("k: \"${NONE}\"", text("")),
        ("k: ${NONE:-other}", text("other")),
        ("k: ${EMPTY:-other}", text("other")),
        ("k: ${env:NONE:-7}", Value::Integer(7)),
        ("k: ${NONE:-}", Value::Null),
        ("k: ${WORD:-other}", text("clip")),
        ("k: \"${NONE:-a: b, #c}\"", text("a: b, #c")),
        ("k: ${NONE:-Zürich}", text("Zürich")),
        ("k: ${SPACED}", text(" 1 ")),
        ("${WORD}: v", text("v")),
        ("k: ${REFERENCE}", text("${SECRET}")),
        ("k: ${NONE:-${WORD}}", text("${WORD}")),
        ("k: $${WORD}", text("${WORD}")),
        ("k: $$${WORD}", text("$clip")),
        ("k: $$$${WORD}", text("$${WORD}")),
        ("k: $${WORD:-other}", text("${WORD:-other}")),
        ("k: $${WORD:-${WORD}}", text("${WORD:-clip}")),
        ("k: ${NONE:-$${NONE}}", text("${NONE:-${NONE}}")),
        ("k: ${DOLLARS}", text("clip$$")),
        ("k: a $$ b", text("a $ b")),
        ("k: a $ b", text("a $ b")),
        ("k: $WORD", text("$WORD")),
        ("k: ${WORD", text("${WORD")),
        ("k: \"${WORD:-\\n}\"", text("${WORD:-\n}")),
        ("k: !!str ${COUNT}", text("1")),
        ("k: !!int \"${COUNT}\"", Value::Integer(1)),
    ] {
        assert_eq!(only(written), read, "{written}");
    }
    assert!(matches!(document("${WORD}: v").unwrap(), Value::Object(entries) if entries[0].key == "${WORD}"));
}

#[test]
fn what_is_no_reference_is_a_fault() {
    for written in
        ["k: ${WORD:?error}", "k: ${1X}", "k: ${A_$X}", "k: '${}'", "k: \"${ WORD }\"", "k: ${WORD:-", "k: ${x.y}"]
    {
        let found = document(written);
        if written.ends_with(":-") {
            // No end: it is text.
            assert_eq!(found.map(|_| ()), Ok(()), "{written}");
        } else {
            let faults = found.unwrap_err();
            assert!(faults.len() == 1 && faults[0].starts_with("f:1:4: k: `${"), "{faults:?}");
        }
    }
    // All of them are told.
    assert_eq!(document("k: ${1} ${2}\nl: [${3}]").unwrap_err().len(), 3);
}

#[test]
fn plain_scalars_have_the_core_schemas_types() {
    for (written, read) in [
        ("~", Value::Null),
        ("Null", Value::Null),
        ("nULL", text("nULL")),
        ("TRUE", Value::Boolean(true)),
        ("yes", text("yes")),
        ("on", text("on")),
        ("0o17", Value::Integer(15)),
        ("017", Value::Integer(17)),
        ("0b1", text("0b1")),
        ("-1", Value::Integer(-1)),
        ("+1", Value::Integer(1)),
        ("-0x1", text("-0x1")),
        ("1_000", text("1_000")),
        ("1.", Value::Float(1.0)),
        (".5", Value::Float(0.5)),
        ("1e3", Value::Float(1000.0)),
        ("-1.5E-1", Value::Float(-0.15)),
        ("-.inf", Value::Float(f64::NEG_INFINITY)),
        ("inf", text("inf")),
        ("nan", text("nan")),
        ("1e", text("1e")),
        ("--1", text("--1")),
        ("-", text("-")),
        ("+", text("+")),
        (".", text(".")),
        ("12:30:45", text("12:30:45")),
        ("2026-01-01", text("2026-01-01")),
        ("99999999999999999999999999999999999999999999", Value::Integer(i128::MAX)),
    ] {
        assert_eq!(scalar::resolve(written), read, "{written}");
    }
    assert!(matches!(scalar::resolve(".NaN"), Value::Float(number) if number.is_nan()));
}

#[test]
fn anchors_are_followed_and_mappings_taken_in() {
    let shared = document("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\nd: &d one\ne: [*d]\n").unwrap();
    let Value::Object(entries) = shared else { panic!("{shared:?}") };
    let plain = |value: &Value| match value {
        Value::Object(entries) => {
            let mut pairs: Vec<_> =
                entries.iter().map(|entry| (entry.key.clone(), entry.value.value.clone())).collect();
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            pairs
        }
        other => panic!("{other:?}"),
    };
    let pair = |x, y| vec![("x".to_owned(), Value::Integer(x)), ("y".to_owned(), Value::Integer(y))];
    assert_eq!(plain(&entries[1].value.value), pair(1, 3));
    assert_eq!(plain(&entries[2].value.value), pair(1, 2));
    assert!(matches!(&entries[4].value.value, Value::List(items) if items[0].value == text("one")));
}

#[test]
fn a_node_is_where_it_is_written() {
    let Value::Object(entries) = document("a:\n  - b: é\n    c:\nd: 1\n").unwrap() else { panic!() };
    let Value::List(items) = &entries[0].value.value else { panic!() };
    let Value::Object(inner) = &items[0].value else { panic!() };
    assert_eq!(inner[0].value.at, Position { line: 2, column: 8 });
    // What is not there is where its key is.
    assert_eq!(inner[1].value.at, Position { line: 3, column: 5 });
    assert_eq!(entries[1].value.at, Position { line: 4, column: 4 });
}

#[test]
fn files_from_elsewhere_are_read() {
    assert_eq!(only("\u{feff}k: v\r\n"), text("v"));
    assert_eq!(only("%YAML 1.2\n---\nk: v\n...\n"), text("v"));
    assert_eq!(only("{\"k\": \"v\"}"), text("v"));
    assert_eq!(only("k: |\n  one\n\n  two\n"), text("one\n\ntwo\n"));
    assert_eq!(only("k: >-\n  one\n  two\n"), text("one two"));
    assert_eq!(only("k: 'it''s'"), text("it's"));
    assert_eq!(only("k: \"\\u00e9\\t\""), text("é\t"));
}

#[test]
fn what_cannot_be_read_is_one_fault_with_its_place() {
    let bomb = (1..9).fold("a0: &a0 [1]\n".to_owned(), |text, level| {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("{text}a{level}: &a{level} [{inner}]\n")
    });
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), ["*a"; 100].join(", "));
    let many_keys = (0..200_000).fold(String::new(), |text, key| text + "k" + &key.to_string() + ": 1\n");
    for (written, place, reason) in [
        ("", "f:1:1:", "empty"),
        ("# nothing\n", "f:1:1:", "empty"),
        ("a: [1\n", "f:", "not YAML"),
        ("a: 1\n\tb: 2\n", "f:", "not YAML"),
        ("a: *none\n", "f:1:", "not YAML"),
        ("a: 1\n---\nb: 2\n", "f:2:1:", "second document"),
        ("a: &a [*a]\n", "f:1:", "inside of what it names"),
        ("[1, 2]: 3\n", "f:1:1:", "keys are text"),
        (": 3\n", "f:1:", "key is missing"),
        ("<<: 3\n", "f:1:5:", "takes in a mapping"),
        ("a: !thing {}\n", "f:1:4:", "core schema"),
        (&"[".repeat(300_000), "f:1:", ""),
        (&"- ".repeat(300_000), "f:1:", "deeper than 64"),
        (&"{a: ".repeat(65), "f:1:", "deeper than 64"),
        (&bomb, "f:", "more than 100000"),
        (&many_keys, "f:", "more than 100000"),
        (&long, "f:2:", "bytes of text"),
        (&format!("a: {}", "${LONG}".repeat(500_000)), "f:1:4:", "bytes of text"),
        (&" ".repeat(MAX_BYTES + 1), "f:1:1:", "at most"),
        ("a: \u{0}\n", "f:1:", "not YAML"),
    ] {
        let faults = document(written).unwrap_err();
        let shown: String = written.chars().take(40).collect();
        assert!(faults.len() == 1 && faults[0].starts_with(place) && faults[0].contains(reason), "{shown}: {faults:?}");
    }
}

#[test]
fn what_is_wrong_with_single_nodes_is_told_together() {
    let faults = document("a: 1\nb:\n  c: ${?}\n  c: 2\nd: !!int x\ne: !odd y\na: 3\n").unwrap_err();
    assert_eq!(
        faults.iter().map(|fault| fault.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
        ["f:3:6 b.c", "f:4:3 b.c", "f:5:4 d", "f:6:4 e", "f:7:1 a"]
    );
    assert!(faults[1].ends_with("this key is on line 3 already"), "{faults:?}");
}

#[test]
fn references_without_an_end_take_no_time() {
    let ends = "${".repeat(1_000_000);
    assert_eq!(only(&format!("k: \"{ends}\"")), text(&ends));
    let lines = "${A\n  ".repeat(100_000);
    assert!(matches!(only(&format!("k: |\n  {lines}")), Value::Text(_)));
}

/// Whatever bytes there are, there is an end and an answer.
#[test]
fn nothing_that_is_written_panics() {
    let seeds = [
        "a: ${WORD}\nb:\n  - c: \"x\"\n    d: 'y'\n  - &z {k: [1, ~], *z : q}\nl: |\n  o\nf: >-\n  a\n? !!str k\n: v\n",
        "<<: *b\nq: \"\\u00e9${X:-$$}\"\n- a\n!t a: &b c\n---\n...\n",
    ];
    let alphabet: Vec<char> = "\n\r\t :-?#&*!|>'\"%@`{}[],~$\\abc01é\u{feff}\u{0}\u{2028}<.".chars().collect();
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap_or(0)
    };
    for _ in 0..5_000 {
        let mut characters: Vec<char> = seeds[random(seeds.len())].chars().collect();
        for _ in 0..=random(8) {
            let place = random(characters.len() + 1);
            match random(3) {
                0 => characters.insert(place, alphabet[random(alphabet.len())]),
                1 if place < characters.len() => drop(characters.remove(place)),
                _ => characters.truncate(place.max(4)),
            }
        }
        let _ = document(&characters.into_iter().collect::<String>());
    }
}
