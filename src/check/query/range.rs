//! Ranges and the samples that they hold.

use std::time::Duration;

use promql_parser::parser::Expr;

use super::{Asker, Code, Shape, Walk};

/// What stands in the place of `$__rate_interval`: a length that nobody writes.
pub(in crate::check) const RATE_INTERVAL: (&str, Duration) = ("1m13ms", Duration::from_millis(60_013));
/// What stands in the place of `$__interval`.
pub(in crate::check) const INTERVAL: (&str, Duration) = ("15s17ms", Duration::from_millis(15_017));
/// What stands in the place of `$__range`.
pub(in crate::check) const RANGE: (&str, Duration) = ("6h19ms", Duration::from_millis(21_600_019));

/// How many scrape intervals a range should have: with four a missed scrape leaves something.
const SAMPLES: u32 = 4;

impl Walk<'_> {
    /// Looks at the range that a function is given. Returns whether it can hold two samples.
    pub(super) fn range(&mut self, function: &str, argument: &Expr, shape: &Shape) -> bool {
        let Expr::MatrixSelector(matrix) = argument else { return true };
        let (range, interval) = (matrix.range, self.reading.interval);
        let said = humantime::format_duration(range);
        if range == RATE_INTERVAL.1 || range == RANGE.1 {
            return true;
        }
        if range == INTERVAL.1 {
            self.problem(
                Code::ShortRange,
                "__interval",
                "`$__interval` may be shorter than the time between two scrapes: `$__rate_interval` is not".to_owned(),
            );
            return true;
        }
        if range <= interval {
            let every = humantime::format_duration(interval);
            let reason = format!(
                "a range of {said} holds one sample at most where there is one every {every}: {function} is empty"
            );
            self.problem(Code::EmptyRange, function, reason);
            return shape.is_scalar;
        }
        if range < interval * SAMPLES {
            let wanted = humantime::format_duration(interval * SAMPLES);
            let reason = format!(
                "a range of {said} is shorter than {SAMPLES} scrape intervals ({wanted}): a missed scrape is a gap"
            );
            self.problem(Code::ShortRange, function, reason);
        }
        if self.reading.asker == Asker::Dashboard && ["rate", "irate"].contains(&function) {
            let reason = format!(
                "{function} over a fixed range of {said} skips samples once the panel's step is longer: use `$__rate_interval`"
            );
            self.problem(Code::FixedRange, function, reason);
        }
        true
    }
}
