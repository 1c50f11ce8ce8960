use std::fmt;
use std::str::FromStr;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::Error;

/// Which measurements are offered to the reservoirs.
///
/// Names and default are the specification's (metrics SDK, "ExemplarFilter";
/// `OTEL_METRICS_EXEMPLAR_FILTER`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Those made inside a sampled span.
    #[default]
    TraceBased,
    /// All. An exemplar kept outside a span has no ids.
    AlwaysOn,
    /// None.
    AlwaysOff,
}

impl Filter {
    /// Whether a measurement made now, on this thread, may be offered.
    #[inline]
    pub(super) fn admits(self) -> bool {
        match self {
            Filter::TraceBased => Context::map_current(|context| context.span().span_context().is_sampled()),
            Filter::AlwaysOn => true,
            Filter::AlwaysOff => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Filter::TraceBased => "trace_based",
            Filter::AlwaysOn => "always_on",
            Filter::AlwaysOff => "always_off",
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Filter {
    type Err = Error;

    /// Accepts `trace_based`, `always_on` and `always_off`, in any case.
    fn from_str(text: &str) -> Result<Self, Error> {
        [Filter::TraceBased, Filter::AlwaysOn, Filter::AlwaysOff]
            .into_iter()
            .find(|filter| filter.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| Error::Filter(text.to_owned()))
    }
}
