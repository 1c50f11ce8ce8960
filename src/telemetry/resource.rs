//! Who reports: the resource.

use std::path::Path;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use super::environment::Environment;
use super::settings::{Detection, Detector, ResourceSettings};

/// What the program says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    pub(super) service: Option<String>,
    pub(super) version: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
}

/// The resource. What is configured comes before what the program says, and that before what is detected.
pub(super) fn resource(identity: &Identity, settings: &ResourceSettings, environment: &Environment) -> Resource {
    let Identity { service, version, attributes } = identity;
    let said = [("service.name", service), ("service.version", version)];
    let said = said.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value.clone()?)));
    let program = attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let configured = settings.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    // Of two with one key, the later counts.
    let executable = std::env::current_exe().ok();
    let executable = executable.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let found = detected(&settings.detection, executable.as_deref(), environment);
    let attributes = usual(executable.as_deref()).into_iter().chain(found);
    let attributes = attributes.chain(said).chain(program).chain(configured);
    let resource = Resource::builder_empty().with_detector(Box::new(TelemetryResourceDetector));
    match &settings.schema_url {
        Some(schema_url) => resource.with_schema_url(attributes, schema_url.clone()),
        None => resource.with_attributes(attributes),
    }
    .build()
}

/// What holds without being asked for.
fn usual(executable: Option<&str>) -> Vec<KeyValue> {
    let service = executable.map_or_else(|| "unknown_service".to_owned(), |name| format!("unknown_service:{name}"));
    vec![
        KeyValue::new("service.name", service),
        KeyValue::new("telemetry.distro.name", env!("CARGO_PKG_NAME")),
        KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION")),
    ]
}

/// What the detectors that are asked find.
fn detected(detection: &Detection, executable: Option<&str>, environment: &Environment) -> Vec<KeyValue> {
    let mut found = Vec::new();
    let mut some = |key: &'static str, value: Option<String>| {
        found.extend(value.map(|value| KeyValue::new(key, value)));
    };
    for detector in &detection.detectors {
        match detector {
            Detector::Container => {
                let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok();
                some("container.id", mounts.and_then(|mounts| container_id(&mounts)));
                if environment.get("KUBERNETES_SERVICE_HOST").is_some() {
                    // In a pod the host name is the pod's, unless the pod says otherwise.
                    some("k8s.pod.name", environment.get("HOSTNAME").map(str::to_owned));
                    let namespace = std::fs::read_to_string("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
                    some("k8s.namespace.name", namespace.ok().map(|namespace| namespace.trim().to_owned()));
                }
            }
            Detector::Host => {
                some("os.type", Some(std::env::consts::OS.to_owned()));
                some("host.arch", Some(architecture().to_owned()));
                some("host.name", rustix::system::uname().nodename().to_str().ok().map(str::to_owned));
            }
            Detector::Process => some("process.executable.name", executable.map(str::to_owned)),
            Detector::Service => some("service.instance.id", Some(uuid::Uuid::new_v4().to_string())),
        }
    }
    if detection.detectors.contains(&Detector::Process) {
        found.push(KeyValue::new("process.pid", i64::from(std::process::id())));
    }
    found.retain(|attribute| detection.attributes.keeps(attribute.key.as_str()));
    found
}

/// The conventions' names of processor architectures.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "x86",
        "arm" => "arm32",
        other => other,
    }
}

/// The container's id in `/proc/self/mountinfo`: runtimes mount `…/containers/ID/hostname` and the like.
fn container_id(mountinfo: &str) -> Option<String> {
    mountinfo
        .lines()
        // In a pod that file is the sandbox's, whose id is not the container's.
        .filter(|line| line.contains("/etc/hostname") && !line.contains("/sandboxes/"))
        .find_map(|line| {
            line.split(['/', ' ']).find(|part| part.len() == 64 && part.chars().all(|c| c.is_ascii_hexdigit()))
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Settings;
    use opentelemetry::Key;

    fn build(identity: &Identity, variables: &[(&str, &str)]) -> Resource {
        let environment: Environment = variables.iter().copied().collect();
        let (settings, ignored) = Settings::from_environment(&environment);
        assert_eq!(ignored, []);
        resource(identity, &settings.resource, &environment)
    }

    fn value(resource: &Resource, key: &'static str) -> String {
        resource.get(&Key::from_static_str(key)).map(|value| value.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_configured_comes_before_what_the_program_says() {
        let identity = Identity {
            service: Some("worker".to_owned()),
            version: Some("1.2.3".to_owned()),
            attributes: vec![("team".to_owned(), "video".to_owned())],
        };
        let resource = build(&identity, &[("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=audio%2Cvideo")]);
        assert_eq!(value(&resource, "service.name"), "a");
        assert_eq!(value(&resource, "team"), "audio,video");
        assert_eq!(value(&resource, "service.version"), "1.2.3");
        let resource = build(&identity, &[("OTEL_SERVICE_NAME", "b"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a")]);
        assert_eq!(value(&resource, "service.name"), "b");
    }

    #[test]
    fn a_program_that_says_nothing_is_named_after_its_executable() {
        let resource = build(&Identity::default(), &[]);
        assert!(value(&resource, "service.name").starts_with("unknown_service:telecine"));
        assert_eq!(value(&resource, "process.pid"), std::process::id().to_string());
        assert!(!value(&resource, "host.name").is_empty());
        assert_eq!(value(&resource, "telemetry.sdk.language"), "rust");
        assert!(value(&resource, "telemetry.sdk.version").starts_with("0."));
    }

    #[test]
    fn a_container_is_known_by_its_mounts() {
        let id = "0123456789abcdef".repeat(4);
        let line = format!("701 680 254:1 /docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/vda1 rw\n");
        assert_eq!(container_id(&line), Some(id));
        assert_eq!(container_id("25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"), None);
    }
}
