use std::collections::BTreeSet;

use opentelemetry::{Array, KeyValue, Value};
use telecine::pull::{Format, Options, serve};
use telecine_parts::{Error, Prometheus, eventually, python};

use crate::fixture::{Fixture, openmetrics, promtool};

/// Strings made of what escaping may stumble over.
fn strings() -> Vec<String> {
    let pieces = [
        "\\", "\"", "\n", "\0", "\\n", "\r", "\t", "}", "{", ",", "=", " ", "#", "a", "é", "字", "😀", "\u{7f}",
        "\u{feff}",
    ];
    let mut random = 42_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize
    };
    let made = (0..150).map(|_| (0..next() % 6 + 1).map(|_| pieces[next() % pieces.len()]).collect::<String>());
    made.chain(["\\".to_owned(), "\"".to_owned(), "\n".to_owned(), "\\\"\n".to_owned()]).collect()
}

fn counter(strings: &[String]) -> Fixture {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    let counter = fixture.meter("odd").u64_counter("x").with_description("A \"quoted\"\n\\ help\\n").build();
    for string in strings {
        counter.add(1, &[KeyValue::new("value", string.clone())]);
    }
    fixture
}

#[test]
fn parsers_read_back_every_label_and_the_help() -> Result<(), Error> {
    let strings = strings();
    let fixture = counter(&strings);
    let script = "import sys, json
sys.stdin.reconfigure(newline='\\n')
from prometheus_client.MODULE import text_string_to_metric_families as parse
family = next(iter(parse(sys.stdin.read())))
print(json.dumps([family.documentation, [s.labels['value'] for s in family.samples]]))";
    promtool(&fixture.scrape(Format::TEXT))?;
    for (format, module) in [(Format::OPENMETRICS, "openmetrics.parser"), (Format::TEXT, "parser")] {
        let read = python(&script.replace("MODULE", module), fixture.scrape(format).as_bytes())?;
        let (help, values): (String, BTreeSet<String>) = serde_json::from_str(&read).unwrap();
        assert_eq!(help, "A \"quoted\"\n\\ help\\n", "{module}");
        assert_eq!(values, strings.iter().cloned().collect(), "{module}");
    }
    Ok(())
}

#[tokio::test]
async fn a_prometheus_stores_every_label() -> Result<(), Error> {
    let strings = strings();
    let fixture = counter(&strings);
    let server = serve(&fixture.endpoint(), "localhost", 0).unwrap();
    for protocol in ["OpenMetricsText1.0.0", "PrometheusText0.0.4", "PrometheusProto"] {
        let configuration = Prometheus::scrape(&[server.address()], &format!("scrape_protocols: ['{protocol}']"));
        let prometheus = Prometheus::start(&configuration, &[]).await?;
        let found = eventually(protocol, || async {
            let found = prometheus.query("x_total").await.ok()?;
            (!found.is_empty()).then_some(found)
        });
        let values = found.await?.into_iter().map(|series| series["metric"]["value"].as_str().unwrap().to_owned());
        assert_eq!(values.collect::<BTreeSet<_>>(), strings.iter().cloned().collect(), "{protocol}");
    }
    Ok(())
}

#[test]
fn values_that_are_no_strings_are_json() -> Result<(), Error> {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    let gauge = fixture.meter("odd").u64_gauge("x").with_description("X").build();
    for (number, value) in [
        Value::Bool(true),
        Value::I64(-7),
        Value::F64(0.5),
        Value::F64(3.0),
        Value::Array(Array::I64(vec![1, 2])),
        Value::Array(Array::Bool(vec![true, false])),
        Value::Array(Array::F64(vec![0.5])),
        Value::Array(Array::String(vec!["a".into(), "\"b\"".into()])),
        Value::Array(Array::String(vec![])),
        Value::String("".into()),
    ]
    .into_iter()
    .enumerate()
    {
        gauge.record(number as u64, &[KeyValue::new("v", value)]);
    }
    let text = fixture.scrape(Format::TEXT);
    for (number, value) in
        ["true", "-7", "0.5", "3", "[1,2]", "[true,false]", "[0.5]", "[\\\"a\\\",\\\"\\\\\\\"b\\\\\\\"\\\"]", "[]", ""]
            .into_iter()
            .enumerate()
    {
        let line = format!("x{{v=\"{value}\"}} {number}");
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    promtool(&text)?;
    Ok(())
}

#[test]
fn numbers_keep_what_they_are() -> Result<(), Error> {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    let meter = fixture.meter("odd");
    let gauge = meter.f64_gauge("x").with_description("X").build();
    for value in [0.0, -0.0, 1.0, -1.5, 1e300, 5e-324, f64::MAX, 0.1 + 0.2] {
        gauge.record(value, &[KeyValue::new("bits", format!("{:x}", value.to_bits()))]);
    }
    meter.u64_counter("big").with_description("Big").build().add(u64::MAX, &[]);
    meter.u64_gauge("odd").with_description("Odd").build().record((1 << 53) + 1, &[]);
    let text = fixture.scrape(Format::TEXT);
    for line in text.lines().filter_map(|line| line.strip_prefix("x{bits=\"")) {
        let (bits, value) = line.split_once("\"} ").unwrap();
        assert_eq!(value.parse::<f64>().unwrap().to_bits(), u64::from_str_radix(bits, 16).unwrap(), "{line}");
    }
    assert!(text.contains("big_total 18446744073709551615\n") && text.contains("odd 9007199254740993\n"), "{text}");
    promtool(&text)?;
    openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    Ok(())
}

#[test]
fn histograms_of_negative_values_are_valid() -> Result<(), Error> {
    let fixture = Fixture::with(Options { target_info: false, ..Options::default() });
    let meter = fixture.meter("odd");
    let explicit = meter.f64_histogram("explicit").with_description("E").with_boundaries(vec![-1.0, 0.0, 1.0]).build();
    let unbounded = meter.f64_histogram("unbounded").with_description("U").with_boundaries(vec![]).build();
    let exponential = meter.f64_histogram("both.exponential").with_description("B").build();
    for value in [-3.0, -0.5, 0.0, 0.5, 8.0] {
        explicit.record(value, &[]);
        unbounded.record(value, &[]);
        exponential.record(value, &[]);
    }
    let text = fixture.scrape(Format::TEXT);
    promtool(&text)?;
    for line in [
        "explicit_bucket{le=\"-1\"} 1",
        "explicit_bucket{le=\"+Inf\"} 5",
        "unbounded_bucket{le=\"+Inf\"} 5",
        "both_exponential_bucket{le=\"-2.8284271247461903\"} 1",
        "both_exponential_bucket{le=\"0\"} 3",
        "both_exponential_bucket{le=\"0.5\"} 4",
        "both_exponential_bucket{le=\"8\"} 5",
        "both_exponential_sum 5",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let read = openmetrics(&fixture.scrape(Format::OPENMETRICS))?;
    assert!(read.contains("unbounded_count") && !read.contains("both_exponential_sum"), "{read}");
    fixture.exporter.scrape(Format::PROTOBUF).unwrap();
    Ok(())
}
