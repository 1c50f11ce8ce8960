use super::{Escaping, Naming, Suffix, Translation};

fn names(translation: Translation, escaping: Escaping) -> impl Fn(&str, &str, Suffix) -> (String, String, String) {
    let naming = Naming::new(translation, escaping);
    move |name, unit, suffix| {
        let name = naming.metric(name, unit, suffix).unwrap();
        (name.full, name.base, name.unit)
    }
}

#[test]
fn unit_and_total_are_added_once() {
    use Suffix::{Counter, Gauge, Other};
    let named = names(Translation::default(), Escaping::default());
    for (name, unit, suffix, full, said) in [
        ("media.job.duration", "s", Other, "media_job_duration_seconds", "seconds"),
        ("media.job.duration.seconds", "s", Other, "media_job_duration_seconds", "seconds"),
        ("seconds_before_my_birthday", "s", Gauge, "seconds_before_my_birthday_seconds", "seconds"),
        ("media.upload.io", "By", Counter, "media_upload_io_bytes_total", "bytes"),
        ("x.bytes.total", "By", Counter, "x_bytes_total", "bytes"),
        ("x.total", "By", Counter, "x_bytes_total", "bytes"),
        ("x_total", "", Counter, "x_total", ""),
        ("total", "", Counter, "total_total", ""),
        ("subtotal", "", Counter, "subtotal_total", ""),
        ("x.milliseconds", "s", Other, "x_milliseconds_seconds", "seconds"),
        ("seconds", "s", Other, "seconds", ""),
        ("x.total", "", Gauge, "x_total", ""),
        ("cpu.usage", "1", Gauge, "cpu_usage_ratio", "ratio"),
        ("cpu.usage.ratio", "1", Gauge, "cpu_usage_ratio", "ratio"),
        ("items", "1", Counter, "items_total", ""),
        ("compression.ratio", "1", Other, "compression_ratio", ""),
        ("queue", "{job}", Other, "queue", ""),
        ("decoded", "{frame}/s", Gauge, "decoded_per_second", "per_second"),
        ("requests", "1/s", Counter, "requests_per_second_total", "per_second"),
        ("speed", "m/s", Gauge, "speed_meters_per_second", "meters_per_second"),
        ("rate", "By/{segment}", Gauge, "rate_bytes", "bytes"),
        ("load", "%", Gauge, "load_percent", "percent"),
        ("size", "kBy", Gauge, "size_kilobytes", "kilobytes"),
        ("custom", "custom_unit", Gauge, "custom_custom_unit", "custom_unit"),
        (
            "custom",
            "unit@with#special/chars",
            Gauge,
            "custom_unit_with_special_per_chars",
            "unit_with_special_per_chars",
        ),
        ("a..b--c__d", "", Other, "a_b_c_d", ""),
        ("a.b_", "", Counter, "a_b_total", ""),
        ("123.frames", "", Other, "_123_frames", ""),
        ("métrique", "", Other, "m_trique", ""),
        ("a:b", "", Other, "a:b", ""),
    ] {
        let base = if suffix == Counter { full.strip_suffix("_total").unwrap() } else { full };
        assert_eq!(named(name, unit, suffix), (full.to_owned(), base.to_owned(), said.to_owned()), "{name} {unit}");
    }
    assert_eq!(Naming::new(Translation::default(), Escaping::default()).metric("@#$%", "s", Gauge), None);
}

#[test]
fn a_strategy_comes_before_the_escaping() {
    use Escaping::{AllowUtf8, Dots, Underscores, Values};
    use Translation::*;
    for (translation, escaping, full) in [
        (UnderscoreEscapingWithSuffixes, AllowUtf8, "foo_bar_bytes_total"),
        (UnderscoreEscapingWithSuffixes, Dots, "foo__bar__bytes__total"),
        (UnderscoreEscapingWithoutSuffixes, AllowUtf8, "foo_bar"),
        (NoUtf8EscapingWithSuffixes, AllowUtf8, "foo.bar_bytes_total"),
        (NoUtf8EscapingWithSuffixes, Underscores, "foo_bar_bytes_total"),
        (NoUtf8EscapingWithSuffixes, Dots, "foo_dot_bar__bytes__total"),
        (NoUtf8EscapingWithSuffixes, Values, "U__foo_2e_bar__bytes__total"),
        (NoTranslation, AllowUtf8, "foo.bar"),
        (NoTranslation, Underscores, "foo_bar"),
    ] {
        let (named, _, _) = names(translation, escaping)("foo.bar", "By", Suffix::Counter);
        assert_eq!(named, full, "{translation} {escaping:?}");
    }
}

#[test]
fn labels_are_valid_for_every_prometheus() {
    let naming = Naming::new(Translation::default(), Escaping::default());
    for (key, label) in [
        ("error.type", "error_type"),
        ("a:b", "a_b"),
        ("a..b__c", "a_b_c"),
        ("123", "key_123"),
        ("_a", "_a"),
        ("__a__", "_a_"),
        ("__name__", "_name_"),
        ("ようこそ", "_"),
        ("", "_"),
    ] {
        assert_eq!(naming.label(key), label, "{key}");
    }
    let naming = Naming::new(Translation::NoTranslation, Escaping::AllowUtf8);
    assert_eq!(naming.label("error.type"), "error.type");
    assert_eq!(naming.label("__name__"), "_name_");
}

#[test]
fn a_strategy_is_read_as_it_is_written() {
    for translation in Translation::NAMES.map(|(translation, _)| translation) {
        assert_eq!(translation.to_string().parse(), Ok(translation));
        assert_eq!(
            format!("{translation}/development").to_uppercase().replace("/DEVELOPMENT", "/development").parse(),
            Ok(translation)
        );
    }
    let error = "underscores".parse::<Translation>().unwrap_err();
    assert!(error.to_string().contains("`underscores`"), "{error}");
}
