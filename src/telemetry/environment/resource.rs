use opentelemetry::{Key, Value};

use super::Reader;
use crate::telemetry::settings::{Detection, ResourceSettings};

pub(super) fn read(reader: &mut Reader<'_>) -> ResourceSettings {
    let mut pairs = reader.pairs("OTEL_RESOURCE_ATTRIBUTES");
    if let Some(service) = reader.text("OTEL_SERVICE_NAME") {
        pairs.retain(|(key, _)| key != "service.name");
        pairs.push(("service.name".to_owned(), service.to_owned()));
    }
    let attributes = pairs.into_iter().map(|(key, value)| (Key::from(key), Value::from(value))).collect();
    ResourceSettings { attributes, schema_url: None, detection: Detection::all() }
}
