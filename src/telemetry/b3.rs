//! B3 (OpenTelemetry specification, "B3 Requirements"): trace context as Zipkin writes it.
//!
//! opentelemetry-propagator-b3 0.33.1 writes several headers also where one is asked for, and does not sample what one
//! header says is to be debugged.

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};

/// Reads one header or several, and writes what it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum B3 {
    OneHeader,
    SeveralHeaders,
}

const ONE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

/// Kept in a context whose trace is to be debugged, so that it is passed on.
#[derive(Debug)]
struct Debug;

impl TextMapPropagator for B3 {
    /// Without a span nothing is written: a bare "do not sample" would decide for those who are asked.
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let debug = span.is_sampled() && context.get::<Debug>().is_some();
        let sampled = if span.is_sampled() { "1" } else { "0" };
        match self {
            Self::OneHeader => {
                let state = if debug { "d" } else { sampled };
                injector.set(ONE, format!("{}-{}-{state}", span.trace_id(), span.span_id()));
            }
            Self::SeveralHeaders => {
                injector.set(TRACE_ID, span.trace_id().to_string());
                injector.set(SPAN_ID, span.span_id().to_string());
                match debug {
                    // It implies a decision, which is then not written.
                    true => injector.set(FLAGS, "1".to_owned()),
                    false => injector.set(SAMPLED, sampled.to_owned()),
                }
            }
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let Some((span, debug)) = one(extractor).or_else(|| several(extractor)) else { return context.clone() };
        let context = context.with_remote_span_context(span);
        if debug { context.with_value(Debug) } else { context }
    }

    fn fields(&self) -> FieldIter<'_> {
        static ONE_FIELD: LazyLock<[String; 1]> = LazyLock::new(|| [ONE.to_owned()]);
        static SEVERAL_FIELDS: LazyLock<[String; 4]> =
            LazyLock::new(|| [TRACE_ID, SPAN_ID, SAMPLED, FLAGS].map(str::to_owned));
        FieldIter::new(match self {
            Self::OneHeader => &ONE_FIELD[..],
            Self::SeveralHeaders => &SEVERAL_FIELDS[..],
        })
    }
}

/// `{trace}-{span}`, or with `-{state}` or `-{state}-{parent}` after it.
fn one(headers: &dyn Extractor) -> Option<(SpanContext, bool)> {
    let mut parts = headers.get(ONE)?.split('-');
    let (trace, span, state) = (parts.next()?, parts.next()?, parts.next());
    let debug = state == Some("d");
    Some((span_context(trace, span, debug || state == Some("1"))?, debug))
}

fn several(headers: &dyn Extractor) -> Option<(SpanContext, bool)> {
    let debug = headers.get(FLAGS) == Some("1");
    // Older tracers write words.
    let sampled = headers.get(SAMPLED).is_some_and(|sampled| sampled == "1" || sampled.eq_ignore_ascii_case("true"));
    Some((span_context(headers.get(TRACE_ID)?, headers.get(SPAN_ID)?, debug || sampled)?, debug))
}

/// Trace ids may be of 64 bits.
fn span_context(trace: &str, span: &str, sampled: bool) -> Option<SpanContext> {
    let is_hex = |id: &str| id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !matches!(trace.len(), 16 | 32) || span.len() != 16 || !is_hex(trace) || !is_hex(span) {
        return None;
    }
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let flags = TraceFlags::default().with_sampled(sampled);
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    type Headers<'a> = &'a [(&'a str, &'a str)];

    /// What is written after this was read.
    fn through(b3: B3, headers: Headers<'_>) -> Vec<(String, String)> {
        let read: HashMap<String, String> = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let context = b3.extract_with_context(&Context::new(), &read);
        let mut written = HashMap::new();
        b3.inject_context(&context, &mut written);
        assert!(written.keys().all(|key: &String| b3.fields().any(|field| field == key)));
        let mut written: Vec<_> = written.into_iter().collect();
        written.sort();
        written
    }

    fn headers(headers: Headers<'_>) -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn either_form_is_read_and_the_chosen_one_written() {
        for (state, sampled, flags) in [("1", Some("1"), None), ("0", Some("0"), None), ("d", None, Some("1"))] {
            let one = format!("{TRACE}-{SPAN}-{state}");
            let mut several = vec![(SPAN_ID, SPAN), (TRACE_ID, TRACE)];
            several.extend(sampled.map(|sampled| (SAMPLED, sampled)));
            several.extend(flags.map(|flags| (FLAGS, flags)));
            several.sort_unstable();
            for read in [&[(ONE, one.as_str())][..], &several] {
                assert_eq!(through(B3::OneHeader, read), headers(&[(ONE, &one)]));
                assert_eq!(through(B3::SeveralHeaders, read), headers(&several));
            }
        }
    }

    #[test]
    fn a_trace_that_is_debugged_is_sampled() {
        let read = HashMap::from([(ONE.to_owned(), format!("{TRACE}-{SPAN}-d"))]);
        assert!(B3::OneHeader.extract_with_context(&Context::new(), &read).span().span_context().is_sampled());
    }

    #[test]
    fn what_may_be_left_out_is_and_the_rest_is_no_context() {
        let written = |read: &str| through(B3::OneHeader, &[(ONE, read)]);
        // Nobody has decided: not sampled, as far as a span's context can say it.
        assert_eq!(written(&format!("{TRACE}-{SPAN}")), headers(&[(ONE, &format!("{TRACE}-{SPAN}-0"))]));
        let parent = written(&format!("{TRACE}-{SPAN}-1-{SPAN}"));
        assert_eq!(parent, headers(&[(ONE, &format!("{TRACE}-{SPAN}-1"))]));
        let short = written(&format!("a3ce929d0e0e4736-{SPAN}-1"));
        assert_eq!(short, headers(&[(ONE, &format!("0000000000000000a3ce929d0e0e4736-{SPAN}-1"))]));
        for none in ["", "0", "1", "d", "nonsense", &format!("{TRACE}-+0f067aa0ba902b7-1"), &format!("{TRACE}-{SPAN}0")]
        {
            assert_eq!(written(none), [], "{none}");
        }
        assert_eq!(written(&format!("{}-{SPAN}-1", "0".repeat(32))), []);
        let old = [(TRACE_ID, TRACE), (SPAN_ID, SPAN), (SAMPLED, "true")];
        assert_eq!(through(B3::OneHeader, &old), headers(&[(ONE, &format!("{TRACE}-{SPAN}-1"))]));
    }
}
