use opentelemetry::{Key, Value};

use crate::views::KeyFilter;

/// Who reports, as far as it is configured. What the program says of itself comes after it, and what is detected last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceSettings {
    /// Attributes, each key once.
    pub attributes: Vec<(Key, Value)>,
    /// The schema that they follow.
    pub schema_url: Option<String>,
    /// What is found out about the program and where it runs.
    pub detection: Detection,
}

/// What is found out about the program and where it runs (`detection/development` of the file).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    /// What is asked.
    pub detectors: Vec<Detector>,
    /// Which of the attributes that they find are kept.
    pub attributes: KeyFilter,
}

/// Something that finds attributes of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Detector {
    /// `container.id`, and in Kubernetes `k8s.pod.name` and `k8s.namespace.name`.
    Container,
    /// `host.name`, `host.arch` and `os.type`.
    Host,
    /// `process.pid` and `process.executable.name`.
    Process,
    /// `service.instance.id`; in a file, `service.name` from `OTEL_SERVICE_NAME` too.
    Service,
}

/// Of two attributes with one key the later counts, in the place of the first.
pub(in crate::telemetry) fn put_attribute(attributes: &mut Vec<(Key, Value)>, key: Key, value: Value) {
    match attributes.iter_mut().find(|(other, _)| *other == key) {
        Some((_, other)) => *other = value,
        None => attributes.push((key, value)),
    }
}

impl Detector {
    /// Every detector there is.
    pub const ALL: [Self; 4] = [Self::Container, Self::Host, Self::Process, Self::Service];
}

impl Detection {
    /// Asks every detector, and keeps all they find: what is done where no file says otherwise.
    pub fn all() -> Self {
        Self { detectors: Detector::ALL.to_vec(), attributes: KeyFilter::default() }
    }
}
