//! `distribution: telecine:`, what is telecine's own.

use std::path::PathBuf;

use super::field::{Field, shortened};
use super::mapping;
use crate::logs::Format;
use crate::telemetry::config::fault::Report;
use crate::telemetry::settings::{Distribution, Endpoint, Lines, Secret};
use crate::views::Views;

const NAME: &str = "telecine";

pub(in crate::telemetry::config) const FORMATS: [(&str, Format); 4] =
    [("auto", Format::Auto), ("human", Format::Human), ("json", Format::Json), ("off", Format::Off)];

/// `views` are those of the file, if they can be made.
pub(super) fn distribution(field: &Field<'_>, views: Option<&Views>, report: &mut Report) -> Option<Distribution> {
    let object = field.object(report)?;
    let mut distribution = None;
    let distributions = object.each();
    if distributions.is_empty() {
        field.error("must name at least one distribution", report);
    }
    for (name, settings) in distributions {
        match name {
            NAME => distribution = own(&settings, views, report),
            _ if settings.object(report).is_some() => {
                settings.warning("is for another distribution, and is not read", report);
            }
            _ => {}
        }
    }
    distribution
}

fn own(field: &Field<'_>, views: Option<&Views>, report: &mut Report) -> Option<Distribution> {
    let mut object = field.object(report)?;
    let distribution = Distribution {
        logs: object.field("logs").and_then(|field| lines(&field, report)).unwrap_or_default(),
        prometheus: object.field("prometheus").and_then(|field| endpoint(&field, views, report)).unwrap_or_default(),
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
        field.error(format!("`{}` is no filter: {}", shortened(text), shortened(&error.to_string())), report);
        return None;
    }
    Some(text.to_owned())
}

fn endpoint(field: &Field<'_>, views: Option<&Views>, report: &mut Report) -> Option<Endpoint> {
    let mut object = field.object(report)?;
    // Null is no token, and would open the endpoint to all: a variable that is not set, most likely.
    let (token, file) = (object.field("bearer_token"), object.field("bearer_token_file"));
    if let (Some(_), Some(file)) = (&token, &file) {
        file.error("cannot be given beside `bearer_token`", report);
    }
    let endpoint = Endpoint {
        mapping: object.field("mapping").and_then(|field| mapping::mapping(&field, views, report)).unwrap_or_default(),
        bearer_token: token.and_then(|token| token.filled(report)).map(Secret::new),
        bearer_token_file: file.and_then(|file| file.filled(report)).map(PathBuf::from),
    };
    object.close(report);
    Some(endpoint)
}
