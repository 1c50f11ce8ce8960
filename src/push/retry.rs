//! The failures that OTLP says to retry, and how long to wait.
//!
//! The tables are those of the OTLP specification, sections "OTLP/gRPC response" and "OTLP/HTTP response".

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use tonic::Code;

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The server does not want this request, now or later.
    Refused,
    /// Try again after a back-off.
    Retry,
    /// Try again, and not before this time has passed: the server says so.
    RetryAfter(Duration),
}

/// The verdict on an HTTP status that is no success.
pub(crate) fn http(status: u16, retry_after: Option<&str>, now: SystemTime) -> Verdict {
    match status {
        429 | 502 | 503 | 504 => match retry_after.and_then(|value| parse_retry_after(value, now)) {
            Some(delay) => Verdict::RetryAfter(delay),
            None => Verdict::Retry,
        },
        _ => Verdict::Refused,
    }
}

/// The verdict on a gRPC status that is no success; `retry_info` is the delay of its `RetryInfo`.
pub(crate) fn grpc(code: Code, retry_info: Option<Duration>) -> Verdict {
    match (code, retry_info) {
        (Code::ResourceExhausted | Code::Unavailable, Some(delay)) => Verdict::RetryAfter(delay),
        (
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss,
            _,
        ) => Verdict::Retry,
        _ => Verdict::Refused,
    }
}

/// `Retry-After` is a number of seconds or an HTTP date (RFC 9110, section 10.2.3).
fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

/// Delay before retry number `retry`, counted from 0: doubled each time, and a random half of it left out so that
/// programs that lost the same collector do not come back together.
pub(crate) fn delay(retry: u32) -> Duration {
    let longest = FIRST_DELAY.saturating_mul(1_u32.checked_shl(retry).unwrap_or(u32::MAX)).min(LONGEST_DELAY);
    let random = RandomState::new().hash_one(retry) as f64 / u64::MAX as f64;
    longest.mul_f64(0.5 + random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_784_116_800); // Wed, 15 Jul 2026 12:00:00 GMT

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + NOW
    }

    #[test]
    fn http_statuses() {
        for status in [429, 502, 503, 504] {
            assert_eq!(http(status, None, now()), Verdict::Retry, "{status}");
            assert_eq!(http(status, Some("7"), now()), Verdict::RetryAfter(Duration::from_secs(7)), "{status}");
            assert_eq!(http(status, Some("soon"), now()), Verdict::Retry, "{status}");
        }
        for status in [301, 400, 401, 403, 404, 408, 413, 500, 501, 505] {
            assert_eq!(http(status, Some("7"), now()), Verdict::Refused, "{status}");
        }
    }

    #[test]
    fn retry_after_is_a_date_too() {
        let after = |value| http(503, Some(value), now());
        assert_eq!(after("Wed, 15 Jul 2026 12:00:30 GMT"), Verdict::RetryAfter(Duration::from_secs(30)));
        assert_eq!(after("Wed, 15 Jul 2026 11:00:00 GMT"), Verdict::RetryAfter(Duration::ZERO));
    }

    #[test]
    fn grpc_codes() {
        use Code::*;
        for code in [Cancelled, DeadlineExceeded, Aborted, OutOfRange, Unavailable, DataLoss] {
            assert_eq!(grpc(code, None), Verdict::Retry, "{code:?}");
        }
        for code in [
            ResourceExhausted,
            Unknown,
            InvalidArgument,
            NotFound,
            AlreadyExists,
            PermissionDenied,
            FailedPrecondition,
            Unimplemented,
            Internal,
            Unauthenticated,
        ] {
            assert_eq!(grpc(code, None), Verdict::Refused, "{code:?}");
        }
        let delay = Duration::from_millis(20);
        assert_eq!(grpc(ResourceExhausted, Some(delay)), Verdict::RetryAfter(delay));
        assert_eq!(grpc(Unavailable, Some(delay)), Verdict::RetryAfter(delay));
        assert_eq!(grpc(InvalidArgument, Some(delay)), Verdict::Refused);
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        for retry in 0..70 {
            let longest = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(retry)).min(LONGEST_DELAY);
            for _ in 0..20 {
                let delay = delay(retry);
                assert!(delay >= longest / 2 && delay <= longest, "{retry}: {delay:?}");
            }
        }
    }
}
