//! `distribution: telecine:`, what is telecine's own.

use std::path::PathBuf;

use super::field::Field;
use super::mapping;
use crate::logs::Format;
use crate::telemetry::config::fault::Report;
use crate::telemetry::settings::{Distribution, Endpoint, Lines, Secret};

const NAME: &str = "telecine";

pub(in crate::telemetry::config) const FORMATS: [(&str, Format); 4] =
    [("auto", Format::Auto), ("human", Format::Human), ("json", Format::Json), ("off", Format::Off)];

pub(super) fn distribution(field: &Field<'_>, report: &mut Report) -> Option<Distribution> {
    let object = field.object(report)?;
    let mut distribution = None;
    let distributions = object.each();
    if distributions.is_empty() {
        field.error("must name at least one distribution", report);
    }
    for (name, settings) in distributions {
        match name {
            NAME => distribution = own(&settings, report),
            _ if settings.object(report).is_some() => {
                settings.warning("is for another distribution, and is not read", report);
            }
            _ => {}
        }
    }
    distribution
}

fn own(field: &Field<'_>, report: &mut Report) -> Option<Distribution> {
    let mut object = field.object(report)?;
    let distribution = Distribution {
        logs: object.field("logs").and_then(|field| lines(&field, report)).unwrap_or_default(),
        prometheus: object.field("prometheus").and_then(|field| endpoint(&field, report)).unwrap_or_default(),
    };
    object.close(report);
    Some(distribution)
}

fn lines(field: &Field<'_>, report: &mut Report) -> Option<Lines> {
    let mut object = field.object(report)?;
    let lines = Lines {
        filter: object.some("filter").and_then(|field| filter(&field, report)),
        format: object.word("format", &FORMATS, report),
        file: object.text("file", report).map(PathBuf::from),
        colour: object.boolean("colour", report),
    };
    object.close(report);
    Some(lines)
}

fn filter(field: &Field<'_>, report: &mut Report) -> Option<String> {
    let text = field.text(report)?;
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(text) {
        field.error(format!("`{text}` is no filter: {error}"), report);
        return None;
    }
    Some(text.to_owned())
}

fn endpoint(field: &Field<'_>, report: &mut Report) -> Option<Endpoint> {
    let mut object = field.object(report)?;
    let endpoint = Endpoint {
        mapping: object.field("mapping").and_then(|field| mapping::mapping(&field, report)).unwrap_or_default(),
        // Null is no token, and would open the endpoint to all: a variable that is not set, most likely.
        bearer_token: object.field("bearer_token").and_then(|token| secret(&token, report)),
    };
    object.close(report);
    Some(endpoint)
}

fn secret(field: &Field<'_>, report: &mut Report) -> Option<Secret> {
    let text = field.text(report)?;
    if text.is_empty() {
        field.error("is empty", report);
        return None;
    }
    Some(Secret::new(text))
}
