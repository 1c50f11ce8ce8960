//! Numbers, and how they are written.

/// A value as the SDK has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Number {
    /// The nearest floating-point number: all that Prometheus can store.
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(value) => value as f64,
            Self::Signed(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Unsigned(0)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::Unsigned(value)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Signed(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// Writes a value. Integers are exact, also above 2^53; other numbers are the shortest that read back
/// as the same.
pub(crate) fn write(out: &mut Vec<u8>, number: Number) {
    match number {
        Number::Unsigned(value) => unsigned(out, value),
        Number::Signed(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Number::Float(value) => float(out, value),
    }
}

#[inline]
pub(crate) fn unsigned(out: &mut Vec<u8>, value: u64) {
    // Most counts are small, and to copy a few bytes takes longer than to make them.
    if value < 10 {
        out.push(b'0' + value as u8);
        return;
    }
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn float(out: &mut Vec<u8>, value: f64) {
    /// Up to here every integer has a floating-point number of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;

    if value.fract() == 0.0 && value.abs() < EXACT {
        if value == 0.0 && value.is_sign_negative() {
            out.push(b'-');
        }
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else if value.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(special(value).as_bytes());
    }
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// The value of a label `le`, in the form that Prometheus' own client for Go writes: labels are
/// compared as text, and dashboards were written with these. OpenMetrics wants a sign that it is a
/// floating-point number (`1.0`); Prometheus 3 makes the one of the other.
pub(crate) fn bound(value: f64, openmetrics: bool) -> String {
    if !value.is_finite() {
        return special(value).to_owned();
    }
    let shortest = format!("{value:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    let mut text = if (-4..6).contains(&power) {
        format!("{value}")
    } else {
        format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
    };
    if openmetrics && !text.contains(['.', 'e']) {
        text.push_str(".0");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Number, bound, write};

    fn text(number: impl Into<Number>) -> String {
        let mut out = Vec::new();
        write(&mut out, number.into());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_read_back_as_they_were() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.005, "0.005"),
            (1.5e300, "1.5e300"),
            (5e-324, "5e-324"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (1e22, "1e22"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(text(value), expected);
            if value.is_finite() {
                assert_eq!(expected.parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
        assert_eq!(text(u64::MAX), "18446744073709551615");
        assert_eq!(text((1_u64 << 53) + 1), "9007199254740993");
        assert_eq!(text(i64::MIN), "-9223372036854775808");
    }

    #[test]
    fn bounds_are_written_as_the_go_client_does() {
        for (value, plain, openmetrics) in [
            (0.0, "0", "0.0"),
            (1.0, "1", "1.0"),
            (0.005, "0.005", "0.005"),
            (0.0001, "0.0001", "0.0001"),
            (0.00001, "1e-05", "1e-05"),
            (28800.0, "28800", "28800.0"),
            (1e6, "1e+06", "1e+06"),
            (1_048_576.0, "1.048576e+06", "1.048576e+06"),
            (1e100, "1e+100", "1e+100"),
            (-2.5, "-2.5", "-2.5"),
            (f64::INFINITY, "+Inf", "+Inf"),
        ] {
            assert_eq!(bound(value, false), plain);
            assert_eq!(bound(value, true), openmetrics);
        }
    }
}
