//! What a platform's dashboards ask for, and whether a program serves it under the platform's profile.

use std::process::Command;

use crate::asked;

/// Lets a program serve what a platform calls it.
pub(crate) fn set(command: &mut Command, platform: &str) {
    command
        .env("OTEL_CONFIG_FILE", format!("{}/examples/profiles/{platform}.yaml", env!("CARGO_MANIFEST_DIR")))
        .env("PROMETHEUS_PORT", "0")
        // Nobody is there: what is scraped does not depend on it.
        .env("OTLP_ENDPOINT", format!("http://127.0.0.1:{}", telecine_parts::free_port().unwrap()));
}

/// Everything that the platform asks of a program is on this page, and has moved.
pub(crate) fn holds(platform: &str, program: &str, page: &str, except: &[&str]) {
    let served = asked::read(page);
    let asked = asked::asked(platform);
    assert!(!asked.is_empty(), "{platform} asks for nothing");
    let here = asked.iter().filter(|asked| asked.is_of(program) && !except.contains(&asked.name.as_str()));
    for asked in here {
        if let Some(fault) = asked.fault(served.get(&asked.name)) {
            panic!("{platform}: {} {fault}:\n{page}", asked.name);
        }
    }
}
