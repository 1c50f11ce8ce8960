use super::{Malformed, Node, Place, Value, json, yaml};

fn at<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
    node.at(path).unwrap()
}

#[test]
fn json_nodes_know_where_they_begin() {
    let node = json(
        "{\n  \"a\": [1, -2.5e3],\n\t\"ü\": {\"b\": \"x\\n\\u00e9\\ud83d\\ude00\\/\", \"c\": null, \"d\": true}\n}\n",
    )
    .unwrap();
    assert_eq!(
        at(&node, &["a"]).items()[1],
        Node { value: Value::Number(-2500.0), place: Place { line: 2, column: 12 } }
    );
    assert_eq!(at(&node, &["ü", "b"]).text(), Some("x\né😀/"));
    assert_eq!(at(&node, &["ü", "b"]).place, Place { line: 3, column: 13 });
    assert_eq!(at(&node, &["ü", "d"]).boolean(), Some(true));
    assert!(node.at(&["ü", "c"]).is_none());
}

#[test]
fn what_is_not_json_is_said_with_its_place() {
    let deep = "[".repeat(300);
    for (text, line, column, reason) in [
        ("", 1, 1, "ends early"),
        ("{\n\"a\" 1}", 2, 5, "`:` is missing"),
        ("{\"a\": 1 \"b\"}", 1, 9, "`,` or `}`"),
        ("[1,]", 1, 4, "value is missing"),
        ("{} x", 1, 4, "behind the end"),
        ("\"a\n\"", 2, 1, "control character"),
        ("\"\\u12x4\"", 1, 7, "hexadecimal"),
        ("nul", 1, 1, "value is missing"),
        (deep.as_str(), 1, 257, "deeper than 256"),
    ] {
        let Malformed { place, reason: said } = json(text).unwrap_err();
        assert_eq!((place.line, place.column), (line, column), "{text} {said}");
        assert!(said.contains(reason), "{text}: {said}");
    }
}

#[test]
fn yaml_blocks_begin_where_their_text_does() {
    let text = "a: |\n  one\n  two\nb: >-\n    x\nc:  'q'\nd: &n {e: 1}\nf: *n\n---\ng: 500\n";
    let documents = yaml(text).unwrap();
    let place = |key: &str| at(&documents[0], &[key]).place;
    assert_eq!(place("a"), Place { line: 2, column: 3 });
    assert_eq!(place("b"), Place { line: 5, column: 5 });
    assert_eq!(place("c"), Place { line: 6, column: 5 });
    assert_eq!(at(&documents[0], &["f", "e"]).number(), Some(1.0));
    assert_eq!(at(&documents[1], &["g"]).number(), Some(500.0));
}

#[test]
fn what_is_not_yaml_has_an_end() {
    let bomb = (0..40)
        .fold("a0: &a0 [x,x]\n".to_owned(), |text, n| text + &format!("a{}: &a{} [*a{n},*a{n}]\n", n + 1, n + 1));
    for (text, reason) in [
        ("a: [1\n", "not YAML"),
        ("[a, b]: c\n", "keys are text"),
        ("a: &a [*a]\n", "inside of what it names"),
        (bomb.as_str(), "more than 200000 nodes"),
        (&"- ".repeat(300), "deeper than 256"),
    ] {
        let said = yaml(text).unwrap_err().reason;
        assert!(said.contains(reason), "{said}");
    }
}
