//! Who reports: the resource.

use std::path::Path;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use super::environment::Environment;
use super::settings::ResourceSettings;

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
    let attributes = attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let configured = settings.attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    // Of two with one key, the later counts.
    let attributes = detected(environment).into_iter().chain(said).chain(attributes).chain(configured);
    let resource = Resource::builder_empty().with_detector(Box::new(TelemetryResourceDetector));
    match &settings.schema_url {
        Some(schema_url) => resource.with_schema_url(attributes, schema_url.clone()),
        None => resource.with_attributes(attributes),
    }
    .build()
}

fn detected(environment: &Environment) -> Vec<KeyValue> {
    let executable = std::env::current_exe().ok();
    let executable = executable.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let mut attributes = vec![
        KeyValue::new(
            "service.name",
            executable.as_ref().map_or_else(|| "unknown_service".to_owned(), |name| format!("unknown_service:{name}")),
        ),
        KeyValue::new("service.instance.id", uuid::Uuid::new_v4().to_string()),
        KeyValue::new("telemetry.distro.name", env!("CARGO_PKG_NAME")),
        KeyValue::new("telemetry.distro.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("os.type", std::env::consts::OS),
        KeyValue::new("host.arch", architecture()),
        KeyValue::new("process.pid", i64::from(std::process::id())),
    ];
    let mut some = |key: &'static str, value: Option<String>| {
        attributes.extend(value.map(|value| KeyValue::new(key, value)));
    };
    some("process.executable.name", executable);
    some("host.name", rustix::system::uname().nodename().to_str().ok().map(str::to_owned));
    some("container.id", std::fs::read_to_string("/proc/self/mountinfo").ok().and_then(|info| container_id(&info)));
    if environment.get("KUBERNETES_SERVICE_HOST").is_some() {
        // In a pod the host name is the pod's, unless the pod says otherwise.
        some("k8s.pod.name", environment.get("HOSTNAME").map(str::to_owned));
        let namespace = std::fs::read_to_string("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
        some("k8s.namespace.name", namespace.ok().map(|namespace| namespace.trim().to_owned()));
    }
    attributes
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
