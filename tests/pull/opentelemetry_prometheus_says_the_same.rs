use std::collections::BTreeMap;

use telecine::pull::{
    Format, Options,
    registry::{
        self,
        prometheus::{Encoder, Registry, TextEncoder},
    },
};

use crate::fixture::Fixture;

/// Value and type of each series, by name and labels. Bounds are compared as numbers.
fn series(text: &str) -> BTreeMap<String, (f64, String)> {
    let mut types = BTreeMap::new();
    let mut found = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            types.insert(name.to_owned(), kind.to_owned());
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let family = types.keys().filter(|known| name.starts_with(known.as_str())).max_by_key(|known| known.len());
            let kind = family.map(|family| types[family].clone()).unwrap_or_default();
            let name = name.replace("le=\"1.048576e+06\"", "le=\"1048576\"");
            found.insert(name, (value.parse().unwrap(), kind));
        }
    }
    found
}

/// Two readers of one provider. They differ in what the other one lacks, and in nothing else.
#[test]
fn series_by_series() {
    let registry = Registry::new();
    let other = registry::reader(&registry).unwrap();
    let fixture = Fixture::built(Options::default(), |builder| builder.with_reader(other));
    fixture.measure();
    // Names that have the suffix already, and a unit that is not in its table.
    let meter = fixture.meter("names");
    meter.u64_counter("requests.total").build().add(1, &[]);
    meter.f64_gauge("size.bytes").with_unit("By").build().record(2.0, &[]);
    meter.u64_counter("items").with_unit("1").build().add(3, &[]);
    meter.u64_counter("frames").with_unit("frames").build().add(4, &[]);
    meter.u64_gauge("a..b").build().record(5, &[]);

    let mut theirs = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut theirs).unwrap();
    let mut theirs = series(&String::from_utf8(theirs).unwrap());
    let mut ours = series(&fixture.scrape(Format::TEXT));

    // It has no exponential histograms.
    assert!(!theirs.keys().any(|name| name.starts_with("test_speed_exponential")));
    assert!(ours.keys().any(|name| name.starts_with("test_speed_exponential")));
    ours.retain(|name, _| !name.starts_with("test_speed_exponential"));

    for (ours_is, theirs_is, why) in [
        ("requests_total", "requests_total_total", "it adds `_total` twice"),
        ("size_bytes", "size_bytes_bytes", "it adds units twice"),
        ("items_total", "items_ratio_total", "it takes everything that is counted in `1` for a ratio"),
        ("frames_total", "frames_total", "neither says a unit twice"),
        ("a_b", "a__b", "it keeps underscores in a row"),
    ] {
        let (a, b) = (ours.remove(ours_is), theirs.remove(theirs_is));
        assert!(a.is_some() && a == b, "{why}: {ours_is} {a:?}, {theirs_is} {b:?}\n{ours:#?}\n{theirs:#?}");
    }
    assert_eq!(ours, theirs);
    assert!(ours.len() > 30, "{}", ours.len());
}
