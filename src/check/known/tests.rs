use super::{Known, Role, Values, bound, outline, spelled};

#[test]
fn bounds_are_spelled_as_go_spells_them() {
    for (bound_, scraped, otlp) in [
        (0.005, "0.005", "0.005"),
        (1.0, "1.0", "1"),
        (3600.0, "3600.0", "3600"),
        (100_000.0, "100000.0", "100000"),
        (1_048_576.0, "1.048576e+06", "1048576"),
        (68_719_476_736.0, "6.8719476736e+10", "68719476736"),
        (0.000_01, "1e-05", "0.00001"),
    ] {
        assert_eq!(spelled(bound_), [otlp.to_owned(), scraped.to_owned()]);
        assert_eq!(bound(scraped), Some(bound_));
    }
    assert_eq!(bound("+Inf"), Some(f64::INFINITY));
}

#[test]
fn both_formats_of_a_scrape_are_read() {
    let text = "# HELP a What.\n# TYPE a counter\na_total{x=\"1\",} 2 # {trace_id=\"1\"} 1 1.5\na_created{x=\"1\"} 1.7e9\n\
                # TYPE s summary\ns{quantile=\"0.9\"} 1\ns_sum 1\ns_count 1\n# TYPE \"b.c\" gauge\n{\"b.c\",y=\"q\\\"}\"} NaN\n\
                # TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n# EOF\n";
    let mut known = Known::new();
    known.scrape(text).unwrap();
    let role = |name: &str| known.get(name).map(|series| series.role);
    assert_eq!(role("a_total"), Some(Role::Counter));
    assert_eq!(role("s"), Some(Role::Quantile));
    assert_eq!(role("s_sum"), Some(Role::Part));
    assert_eq!(role("b.c"), Some(Role::Gauge));
    assert_eq!(role("h_bucket"), Some(Role::Bucket));
    assert_eq!(role("h"), None);
    let buckets = known.get("h_bucket").unwrap();
    assert_eq!(buckets.labels.get("le"), Some(&Values::these(["+Inf", "0.5"])));
    assert_eq!(known.get("b.c").unwrap().labels.get("y"), Some(&Values::Any));
    assert!(known.family("h").is_some_and(|series| series.contains("h_bucket")));
}

#[test]
fn what_is_no_scrape_is_told_with_its_line() {
    for text in ["up", "up{a=\"b} 1", "up{a} 1", "up one", "a 1\n{} 1", "<html>"] {
        let error = Known::new().scrape(text).unwrap_err();
        assert_eq!(error.line, text.lines().count(), "{text}: {error}");
        assert!(outline(text).is_err());
    }
}

#[test]
fn a_name_that_is_like_it_is_the_one_that_was_meant() {
    let known = Known::new();
    for (name, nearest) in [
        ("ups", Some("up")),
        ("scrape_duration_second", Some("scrape_duration_seconds")),
        ("ALERT", Some("ALERTS")),
        ("completely_different", None),
    ] {
        assert_eq!(known.nearest(name), nearest, "{name}");
    }
}
