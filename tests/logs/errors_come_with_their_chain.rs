use super::{json, logged};
use serde_json::json;
use std::{error::Error, fmt, io};
use tracing::{error, info_span};

#[derive(Debug)]
struct Step(&'static str, Option<Box<dyn Error + Send + Sync>>);

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Step {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

fn upload() -> Step {
    let io = io::Error::new(io::ErrorKind::ConnectionReset, "connection reset");
    Step("upload of 720p", Some(Box::new(Step("put object", Some(Box::new(io))))))
}

#[test]
fn an_error_brings_its_sources() {
    let failure = upload();
    let console = logged(json(), || {
        error!(error = &failure as &dyn Error, attempt = 2, "job failed");
        error!(cause = &failure as &dyn Error, "by another name");
    });
    let lines = console.lines();
    let expected = json!({"message": "upload of 720p", "chain": ["put object", "connection reset"]});
    assert_eq!(lines[0]["exception"], expected);
    assert_eq!(lines[0]["attempt"], 2);
    assert!(!lines[0].contains_key("error"), "said once: {:?}", lines[0]);
    assert_eq!(lines[1]["exception"], expected);
    assert_eq!(lines[1]["cause"], "upload of 720p");
}

#[test]
fn a_type_is_named_where_it_is_known() {
    let missing = io::Error::from(io::ErrorKind::NotFound);
    let parse = "x".parse::<u8>().unwrap_err();
    let console = logged(json(), || {
        error!(err = &missing as &dyn Error, "io");
        error!(err = &parse as &dyn Error, "parse");
    });
    assert_eq!(console.lines()[0]["exception"]["type"], "std::io::Error");
    assert_eq!(console.lines()[1]["exception"]["type"], "std::num::ParseIntError");
}

#[test]
fn text_by_an_error_s_name_is_an_exception_without_a_chain() {
    let console = logged(json(), || {
        error!(error = %upload(), "shown");
        error!(err = ?anyhow::anyhow!("inner").context("outer"), "debug");
        error!(exception = "just text", "text");
        error!(error = true, "a flag stays a flag");
    });
    let lines = console.lines();
    assert_eq!(lines[0]["exception"], json!({"message": "upload of 720p"}));
    assert!(lines[1]["exception"]["message"].as_str().unwrap().starts_with("outer\n\nCaused by:\n    inner"));
    assert_eq!(lines[2]["exception"], json!({"message": "just text"}));
    assert_eq!(lines[3]["error"], true);
    assert!(!lines[3].contains_key("exception"));
}

#[test]
fn a_second_error_is_a_field_and_an_error_wins_over_text() {
    let (first, second) = (upload(), io::Error::other("disk"));
    let console = logged(json(), || {
        error!(error = &first as &dyn Error, err = &second as &dyn Error, "two");
        error!(exception = "text", error = &first as &dyn Error, "text and error");
    });
    let lines = console.lines();
    assert_eq!(lines[0]["exception"]["message"], "upload of 720p");
    assert_eq!(lines[0]["err"], "disk");
    assert_eq!(lines[1]["exception"]["message"], "upload of 720p");
    assert_eq!(lines[1]["field.exception"], "text");
}

#[test]
fn an_error_of_a_span_is_a_field_of_its_events() {
    let failure = upload();
    let console = logged(json(), || {
        let span = info_span!("job", error = &failure as &dyn Error);
        let _in = span.enter();
        error!("later");
    });
    let line = console.line();
    assert_eq!(line["error"], "upload of 720p");
    assert!(!line.contains_key("exception"));
}

#[test]
fn a_chain_that_never_ends_is_cut() {
    #[derive(Debug)]
    struct Circle;
    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&"round and ".repeat(100))
        }
    }
    impl Error for Circle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Circle)
        }
    }
    let console = logged(json(), || error!(error = &Circle as &dyn Error, "circle"));
    let line = console.line();
    let chain = line["exception"]["chain"].as_array().unwrap();
    assert_eq!(chain.len(), 32);
    let bytes: usize = chain.iter().map(|cause| cause.as_str().unwrap().len()).sum();
    assert!(bytes < 17 << 10, "{bytes}");
}
