use telecine::pull::Format;
use telecine_parts::Error;

use crate::fixture::{Fixture, openmetrics, promtool};

#[test]
fn promtool_finds_nothing_to_say_about_the_text() -> Result<(), Error> {
    let fixture = Fixture::new();
    fixture.measure();
    let text = fixture.scrape(Format::TEXT);
    assert_eq!(promtool(&text)?, "", "{text}");
    Ok(())
}

#[test]
fn the_text_is_what_was_measured() {
    let fixture = Fixture::new();
    fixture.measure();
    let text = fixture.scrape(Format::TEXT);
    for line in [
        "# HELP test_io_bytes_total What went\\nthrough \\\\ here",
        "# TYPE test_io_bytes_total counter",
        "test_io_bytes_total{media_codec=\"h264\",rendition=\"720p\"} 0.5",
        "test_jobs_total 1",
        "test_jobs_total{media_codec=\"h264\",rendition=\"720p\"} 3",
        "# TYPE test_active gauge",
        "test_active{media_codec=\"h264\",rendition=\"720p\"} -2",
        "test_load_ratio 0.75",
        "test_observed_seconds_total{mode=\"user\"} 11",
        "media_transcode_duration_seconds_bucket{media_rendition=\"720p\",le=\"0.5\"} 0",
        "media_transcode_duration_seconds_bucket{media_rendition=\"720p\",le=\"1\"} 1",
        "media_transcode_duration_seconds_bucket{media_rendition=\"720p\",le=\"5\"} 2",
        "media_transcode_duration_seconds_bucket{media_rendition=\"720p\",le=\"+Inf\"} 2",
        "media_transcode_duration_seconds_sum{media_rendition=\"720p\"} 5.2",
        "media_transcode_duration_seconds_count{media_rendition=\"720p\"} 2",
        "test_size_bytes_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"1.048576e+06\"} 1",
        "test_size_bytes_sum{media_codec=\"h264\",rendition=\"720p\"} 1099511629776",
        // Two buckets to each power of two, whatever the scale was.
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"0.25\"} 1",
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"1\"} 3",
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"1.4142135623730951\"} 3",
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"2\"} 5",
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"4\"} 6",
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"724.0773439350247\"} 7",
        "test_speed_exponential_bucket{media_codec=\"h264\",rendition=\"720p\",le=\"+Inf\"} 7",
        "target_info{host_name=\"a \\\"host\\\"\",service_name=\"pull-test\",service_version=\"1.2.3\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\nis not in\n{text}");
    }
    assert!(!text.contains("abab") && !text.contains("# {"), "no exemplars in 0.0.4");
    assert!(!text.contains("otel_scope"));
}

#[test]
fn the_strict_parser_reads_openmetrics() -> Result<(), Error> {
    let fixture = Fixture::new();
    fixture.measure();
    let text = fixture.scrape(Format::OPENMETRICS);
    let read = openmetrics(&text)?;
    let ids = format!("[('span_id', '{}'), ('trace_id', '{}')]", "cd".repeat(8), "ab".repeat(16));
    let input = format!("[('input', 'clip \"7\".mov'), {}", &ids[1..]);
    for line in [
        "# counter test_io_bytes bytes 'What went\\nthrough \\\\ here'".to_owned(),
        "# info target  'What describes the program: its OpenTelemetry resource'".to_owned(),
        "# gauge test_load_ratio ratio 'Of one core'".to_owned(),
        format!("test_jobs_total [('media_codec', 'h264'), ('rendition', '720p')] 3.0 ({ids}, 3.0, True)"),
        "test_jobs_total [] 1.0 ".to_owned(),
        format!(
            "media_transcode_duration_seconds_bucket [('le', '5.0'), ('media_rendition', '720p')] 2.0 ({input}, 4.5, True)"
        ),
        format!(
            "test_size_bytes_bucket [('le', '1.048576e+06'), ('media_codec', 'h264'), ('rendition', '720p')] 1.0 ({ids}, 2000.0, True)"
        ),
        format!(
            "test_speed_exponential_bucket [('le', '2.0'), ('media_codec', 'h264'), ('rendition', '720p')] 5.0 ({ids}, 1.5, True)"
        ),
    ] {
        assert!(read.lines().any(|found| found == line), "{line}\nis not in\n{read}\n{text}");
    }
    assert_eq!(text.matches("# {").count(), 4, "one exemplar for each measurement in the span:\n{text}");
    assert!(text.ends_with("} 1\n# EOF\n"), "{text}");
    Ok(())
}

#[test]
fn every_naming_is_valid() -> Result<(), Error> {
    use telecine::pull::{Escaping, Options, Protocol, Translation};

    for translation in [
        Translation::UnderscoreEscapingWithSuffixes,
        Translation::UnderscoreEscapingWithoutSuffixes,
        Translation::NoUtf8EscapingWithSuffixes,
        Translation::NoTranslation,
    ] {
        let fixture = Fixture::with(Options { translation, scope_labels: true, ..Options::default() });
        fixture.measure();
        for escaping in [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots, Escaping::Values] {
            let text = fixture.scrape(Format { protocol: Protocol::OpenMetrics, escaping });
            let read = openmetrics(&text)?;
            let name = match (translation, escaping) {
                (Translation::NoTranslation, Escaping::AllowUtf8) => "test.load",
                (Translation::NoTranslation, Escaping::Values) => "U__test_2e_load",
                (Translation::NoTranslation, Escaping::Dots) => "test_dot_load",
                (Translation::NoUtf8EscapingWithSuffixes, Escaping::AllowUtf8) => "test.load_ratio",
                (Translation::UnderscoreEscapingWithSuffixes, Escaping::Dots) => "test__load__ratio",
                (Translation::UnderscoreEscapingWithoutSuffixes, Escaping::Underscores) => "test_load",
                _ => "",
            };
            assert!(read.contains(&format!("gauge {name}")), "{translation} {escaping:?}\n{read}");
        }
    }
    Ok(())
}
