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

    fn as_integer(self) -> Option<i128> {
        match self {
            Self::Unsigned(value) => Some(value.into()),
            Self::Signed(value) => Some(value.into()),
            Self::Float(_) => None,
        }
    }

    fn from_integer(value: i128) -> Option<Self> {
        u64::try_from(value).map(Self::Unsigned).or_else(|_| i64::try_from(value).map(Self::Signed)).ok()
    }
}

/// A sum that is the same in whatever order its parts come: a counter that is one must not fall by the last
/// bit because the SDK had its series in another order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    value: Number,
    /// What the floating-point number could not hold.
    rest: f64,
}

impl Sum {
    pub(crate) fn of(value: Number) -> Self {
        Self { value, rest: 0.0 }
    }

    pub(crate) fn value(self) -> Number {
        self.value
    }

    pub(crate) fn add(&mut self, other: Number) {
        if let (Some(one), Some(two)) = (self.value.as_integer(), other.as_integer()) {
            // Two of 64 bits always fit.
            if let Some(sum) = Number::from_integer(one + two) {
                self.value = sum;
                return;
            }
        }
        let (one, two) = (self.value.as_f64(), other.as_f64());
        let sum = one + two;
        // What is lost by that addition, exactly (Knuth's TwoSum).
        let second = sum - one;
        let lost = (one - (sum - second)) + (two - second);
        if !(sum.is_finite() && lost.is_finite()) {
            *self = Self::of(Number::Float(sum));
            return;
        }
        let rest = self.rest + lost;
        let value = sum + rest;
        *self = Self { value: Number::Float(value), rest: rest - (value - sum) };
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
    use super::{Number, Sum, bound, write};

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

    fn sum(parts: &[Number]) -> Number {
        let (first, rest) = parts.split_first().unwrap();
        let mut sum = Sum::of(*first);
        rest.iter().for_each(|part| sum.add(*part));
        sum.value()
    }

    #[test]
    fn integers_are_added_up_exactly_as_long_as_they_fit() {
        assert_eq!(sum(&[Number::Unsigned(1 << 53), Number::Unsigned(1)]), Number::Unsigned((1 << 53) + 1));
        assert_eq!(sum(&[Number::Signed(-3), Number::Unsigned(1)]), Number::Signed(-2));
        assert_eq!(sum(&[Number::Signed(-3), Number::Signed(5)]), Number::Unsigned(2));
        assert_eq!(sum(&[Number::Unsigned(u64::MAX), Number::Unsigned(u64::MAX)]), Number::Float(2.0 * 2_f64.powi(64)));
        assert_eq!(sum(&[Number::Unsigned(2), Number::Float(0.5)]), Number::Float(2.5));
        assert!(sum(&[Number::Float(f64::INFINITY), Number::Float(f64::NEG_INFINITY)]).as_f64().is_nan());
        assert_eq!(sum(&[Number::Float(f64::INFINITY), Number::Float(1.0)]).as_f64(), f64::INFINITY);
    }

    #[test]
    fn a_sum_is_the_same_in_whatever_order_its_parts_come() {
        let mut parts: Vec<Number> = (1..200_u32).map(|part| Number::Float(f64::from(part * part) / 7.0)).collect();
        parts.push(Number::Float(1e17));
        parts.push(Number::Float(1e-9));
        let expected = sum(&parts);
        for turn in 0..parts.len() {
            parts.rotate_left(1);
            parts.swap(0, turn);
            assert_eq!(sum(&parts), expected);
        }
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
