//! B3, where opentelemetry-propagator-b3 leaves something out.

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags};
use opentelemetry_propagator_b3::{B3Encoding, Propagator};

/// The flag under which the crate keeps that a trace is to be debugged.
const DEBUG: TraceFlags = TraceFlags::new(0x04);

/// Reads one header or several, and writes what it was made for.
#[derive(Debug)]
pub(super) struct B3(Propagator);

impl B3 {
    pub(super) fn one_header() -> Self {
        Self(Propagator::with_encoding(B3Encoding::SingleHeader))
    }

    pub(super) fn several_headers() -> Self {
        Self(Propagator::with_encoding(B3Encoding::MultipleHeader))
    }
}

impl TextMapPropagator for B3 {
    /// Without a span nothing is written: a bare "do not sample" would decide for those who are asked.
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        if context.span().span_context().is_valid() {
            self.0.inject_context(context, injector);
        }
    }

    /// A trace that is to be debugged is sampled (specification, "B3 Requirements"), also if one header says so.
    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let found = self.0.extract_with_context(context, extractor);
        let span = found.span().span_context().clone();
        if !span.is_remote() || span.is_sampled() || span.trace_flags() & DEBUG != DEBUG {
            return found;
        }
        let flags = span.trace_flags().with_sampled(true);
        let sampled = SpanContext::new(span.trace_id(), span.span_id(), flags, true, span.trace_state().clone());
        found.with_remote_span_context(sampled)
    }

    fn fields(&self) -> FieldIter<'_> {
        self.0.fields()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    /// What is written after this was read.
    fn through(b3: &B3, headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let read: HashMap<String, String> =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let context = b3.extract_with_context(&Context::new(), &read);
        let mut written = HashMap::new();
        b3.inject_context(&context, &mut written);
        let mut written: Vec<_> = written.into_iter().collect();
        written.sort();
        written
    }

    fn header(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn either_form_is_read_and_the_chosen_one_written() {
        let one = format!("{TRACE}-{SPAN}-1");
        let several = [("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")];
        for read in [&[("b3", one.as_str())][..], &several] {
            assert_eq!(through(&B3::one_header(), read), [header("b3", &one)]);
            let written = through(&B3::several_headers(), read);
            let sampled = [header("x-b3-sampled", "1"), header("x-b3-spanid", SPAN), header("x-b3-traceid", TRACE)];
            assert_eq!(written, sampled);
        }
        assert_eq!(through(&B3::one_header(), &[]), []);
        assert_eq!(through(&B3::several_headers(), &[("b3", "nonsense")]), []);
    }

    #[test]
    fn debug_means_sampled_and_stays_debug() {
        let one = format!("{TRACE}-{SPAN}-d");
        let read = HashMap::from([("b3".to_owned(), one.clone())]);
        let context = B3::one_header().extract_with_context(&Context::new(), &read);
        assert!(context.span().span_context().is_sampled());
        assert_eq!(through(&B3::one_header(), &[("b3", &one)]), [header("b3", &one)]);
    }
}
