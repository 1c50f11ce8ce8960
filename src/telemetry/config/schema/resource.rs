use opentelemetry::{Array, Key, StringValue, Value as Attribute};

use super::field::Field;
use super::meter::key_filter;
use crate::telemetry::config::document::Value;
use crate::telemetry::config::fault::Report;
use crate::telemetry::environment::{Environment, pairs};
use crate::telemetry::settings::{Detection, Detector, ResourceSettings, put_attribute};

pub(super) fn resource(field: &Field<'_>, environment: &Environment, report: &mut Report) -> Option<ResourceSettings> {
    let mut object = field.object(report)?;
    let mut attributes = Vec::new();
    if let Some(list) = object.some("attributes_list") {
        match list.text(report).map(pairs) {
            Some(Ok(pairs)) => {
                for (key, value) in pairs {
                    put_attribute(&mut attributes, Key::new(key), value.into());
                }
            }
            Some(Err(reason)) => list.error(reason, report),
            None => {}
        }
    }
    for item in object.list("attributes", 1, report).unwrap_or_default() {
        if let Some((key, value)) = attribute(&item, report) {
            put_attribute(&mut attributes, key, value);
        }
    }
    let schema_url = object.text("schema_url", report);
    let detection = match object.field("detection/development") {
        Some(field) => detection(&field, report).unwrap_or_default(),
        None => Detection::default(),
    };
    object.close(report);
    // The one variable that counts without being referred to: the detector is defined by it.
    let name = Key::from_static_str("service.name");
    if detection.detectors.contains(&Detector::Service)
        && detection.attributes.keeps(name.as_str())
        && attributes.iter().all(|(key, _)| *key != name)
    {
        if let Some(detected) = environment.get("OTEL_SERVICE_NAME") {
            attributes.insert(0, (name, detected.to_owned().into()));
        }
    }
    Some(ResourceSettings { attributes, schema_url, detection })
}

/// The types of attributes, by the schema's names: of one value, or of a list of them.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Boolean,
    Integer,
    Double,
}

const TYPES: [(&str, (Type, bool)); 8] = [
    ("string", (Type::Text, false)),
    ("bool", (Type::Boolean, false)),
    ("int", (Type::Integer, false)),
    ("double", (Type::Double, false)),
    ("string_array", (Type::Text, true)),
    ("bool_array", (Type::Boolean, true)),
    ("int_array", (Type::Integer, true)),
    ("double_array", (Type::Double, true)),
];

fn attribute(item: &Field<'_>, report: &mut Report) -> Option<(Key, Attribute)> {
    let mut object = item.object(report)?;
    let name = object.required("name", report).and_then(|name| name.text(report));
    let value = object.field("value");
    if value.is_none() {
        object.error("the key `value` is missing", report);
    }
    let kind = match object.field("type") {
        Some(kind) => kind.word(&TYPES, report),
        None => Some((Type::Text, false)),
    };
    // A value is judged by a type that is known.
    let value = match value.filter(|_| kind.is_some()) {
        // Left out, as a reference to a variable that is not set is.
        Some(value) if *value.value() == Value::Null => {
            value.warning("is null: the attribute is left out", report);
            None
        }
        Some(value) => match kind? {
            (kind, true) => array(&value, kind, report),
            (kind, false) => single(&value, kind, report),
        },
        None => None,
    };
    object.close(report);
    Some((Key::new(name?.to_owned()), value?))
}

fn single(field: &Field<'_>, kind: Type, report: &mut Report) -> Option<Attribute> {
    match kind {
        Type::Text => field.as_text(report).map(Attribute::from),
        Type::Boolean => boolean(field, report).map(Attribute::from),
        Type::Integer => integer(field, report).map(Attribute::from),
        Type::Double => number(field, report).map(Attribute::from),
    }
}

fn array(field: &Field<'_>, kind: Type, report: &mut Report) -> Option<Attribute> {
    let items = field.list(1, report)?;
    let array = match kind {
        Type::Text => Array::String(each(&items, report, |item, report| item.as_text(report).map(StringValue::from))?),
        Type::Boolean => Array::Bool(each(&items, report, boolean)?),
        Type::Integer => Array::I64(each(&items, report, integer)?),
        Type::Double => Array::F64(each(&items, report, number)?),
    };
    let kind = |item: &Field<'_>| match item.value() {
        Value::Integer(_) | Value::Float(_) => "number",
        other => other.kind(),
    };
    if items.iter().any(|item| kind(item) != kind(&items[0])) {
        field.error("has items of several types", report);
        return None;
    }
    Some(Attribute::Array(array))
}

/// All of them, if each can be read; else what is wrong with each is said.
fn each<T>(
    items: &[Field<'_>],
    report: &mut Report,
    read: impl Fn(&Field<'_>, &mut Report) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<_> = items.iter().map(|item| read(item, report)).collect();
    read.into_iter().collect()
}

fn boolean(field: &Field<'_>, report: &mut Report) -> Option<bool> {
    field.as_plain(report, |field, report| field.boolean(report))
}

fn integer(field: &Field<'_>, report: &mut Report) -> Option<i64> {
    let number =
        field.as_plain(report, |field, report| field.integer(i128::from(i64::MIN)..=i128::from(i64::MAX), report));
    number.and_then(|number| i64::try_from(number).ok())
}

fn number(field: &Field<'_>, report: &mut Report) -> Option<f64> {
    field.as_plain(report, |field, report| field.number(report))
}

pub(in crate::telemetry::config) const DETECTORS: [(&str, Detector); 4] = [
    ("container", Detector::Container),
    ("host", Detector::Host),
    ("process", Detector::Process),
    ("service", Detector::Service),
];

fn detection(field: &Field<'_>, report: &mut Report) -> Option<Detection> {
    let mut object = field.object(report)?;
    let attributes = object.field("attributes").and_then(|choice| key_filter(&choice, report)).unwrap_or_default();
    let mut detectors = Vec::new();
    for item in object.list("detectors", 1, report).unwrap_or_default() {
        let Some((name, settings)) = item.component("resource detector", report) else { continue };
        match DETECTORS.iter().find(|(known, _)| *known == name) {
            Some((_, detector)) => {
                settings.bare(report);
                if !detectors.contains(detector) {
                    detectors.push(*detector);
                }
            }
            None => {
                let known: Vec<_> = DETECTORS.iter().map(|(name, _)| *name).collect();
                item.unknown("resource detector", name, &known, report);
            }
        }
    }
    object.close(report);
    Some(Detection { detectors, attributes })
}
