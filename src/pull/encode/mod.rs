//! The formats that Prometheus reads.

mod exemplar;
mod lines;
mod openmetrics;
mod protobuf;
mod text;

use super::{family::Families, negotiate::Protocol};

/// Appends everything that was collected, in one format.
pub(crate) fn encode(protocol: Protocol, families: &Families, out: &mut Vec<u8>) {
    match protocol {
        Protocol::Text | Protocol::TextUtf8 => text::encode(families, out),
        Protocol::OpenMetrics | Protocol::OpenMetricsDraft => openmetrics::encode(families, out),
        Protocol::Protobuf => protobuf::encode(families, out),
    }
}

const TARGET_HELP: &str = "What describes the program: its OpenTelemetry resource";
