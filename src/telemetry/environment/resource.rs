use opentelemetry::{Key, Value};

use super::Reader;
use crate::telemetry::settings::{Detection, ResourceSettings, put_attribute};

pub(super) fn read(reader: &mut Reader<'_>) -> ResourceSettings {
    let mut attributes = Vec::new();
    for (key, value) in reader.pairs("OTEL_RESOURCE_ATTRIBUTES") {
        put_attribute(&mut attributes, Key::from(key), Value::from(value));
    }
    if let Some(service) = reader.text("OTEL_SERVICE_NAME") {
        let service = Value::from(service.to_owned());
        put_attribute(&mut attributes, Key::from_static_str("service.name"), service);
    }
    ResourceSettings { attributes, schema_url: None, detection: Detection::all() }
}
