//! `instrumentation/development`: for instrumentation that wraps other libraries, which telecine does not. Its form is
//! checked all the same, so that a file that is valid here is valid elsewhere.

use super::field::{Field, Object};
use crate::telemetry::config::fault::Report;

const LANGUAGES: [&str; 11] = ["cpp", "dotnet", "erlang", "go", "java", "js", "php", "python", "ruby", "rust", "swift"];

pub(super) fn instrumentation(field: &Field<'_>, report: &mut Report) {
    let Some(mut object) = field.object(report) else { return };
    part(&mut object, "general", report, general);
    for language in LANGUAGES {
        if let Some(libraries) = object.field(language).and_then(|libraries| libraries.object(report)) {
            for (_, library) in libraries.each() {
                library.object(report);
            }
        }
    }
    object.close(report);
    field.warning("is not honoured: what telecine measures is chosen by views", report);
}

/// A mapping with known keys, if it is there.
fn part(object: &mut Object<'_>, key: &'static str, report: &mut Report, read: impl Fn(&mut Object<'_>, &mut Report)) {
    if let Some(mut part) = object.field(key).and_then(|part| part.object(report)) {
        read(&mut part, report);
        part.close(report);
    }
}

fn general(object: &mut Object<'_>, report: &mut Report) {
    part(object, "http", report, |http, report| {
        semconv(http, report);
        for side in ["client", "server"] {
            part(http, side, report, |side, report| {
                texts(side, "request_captured_headers", 1, report);
                texts(side, "response_captured_headers", 1, report);
                texts(side, "known_methods", 0, report);
            });
        }
    });
    for convention in ["code", "db", "gen_ai", "messaging", "rpc"] {
        part(object, convention, report, semconv);
    }
    part(object, "sanitization", report, |sanitization, report| {
        part(sanitization, "url", report, |url, report| texts(url, "sensitive_query_parameters", 0, report));
    });
    // Of 1.0.
    part(object, "peer", report, |peer, report| {
        for item in peer.list("service_mapping", 1, report).unwrap_or_default() {
            let Some(mut pair) = item.object(report) else { continue };
            for key in ["peer", "service"] {
                if let Some(text) = pair.required(key, report) {
                    text.text(report);
                }
            }
            pair.close(report);
        }
    });
    object.text("stability_opt_in_list", report);
}

fn semconv(object: &mut Object<'_>, report: &mut Report) {
    part(object, "semconv", report, |semconv, report| {
        semconv.count::<u64>("version", report);
        semconv.boolean("experimental", report);
        semconv.boolean("dual_emit", report);
    });
}

fn texts(object: &mut Object<'_>, key: &'static str, minimum: usize, report: &mut Report) {
    if let Some(list) = object.field(key) {
        list.texts(minimum, report);
    }
}
