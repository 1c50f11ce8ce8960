//! OTLP/JSON (OTLP specification, "JSON Protobuf Encoding"): made of the encoded message, since that is what comes here.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde::Serialize;
use serde_json::Value;

use super::{Accepted, words};
use crate::push::Kind;
use crate::push::link::Failure;

/// The same request as JSON.
pub(super) fn encode(kind: Kind, request: &[u8]) -> Result<Bytes, Failure> {
    match kind {
        Kind::Traces => encoded::<ExportTraceServiceRequest>(request),
        Kind::Metrics => encoded::<ExportMetricsServiceRequest>(request),
        Kind::Logs => encoded::<ExportLogsServiceRequest>(request),
    }
}

fn encoded<M: Message + Default + Serialize>(request: &[u8]) -> Result<Bytes, Failure> {
    let message = M::decode(request).map_err(|error| Failure::lost(format!("JSON: {error}")))?;
    serde_json::to_vec(&message).map(Bytes::from).map_err(|error| Failure::lost(format!("JSON: {error}")))
}

/// The response's partial success. A response that cannot be read is a success all the same: its status says so.
pub(super) fn accepted(kind: Kind, response: &[u8]) -> Accepted {
    let response: Value = serde_json::from_slice(response).unwrap_or_default();
    let partial = &response["partialSuccess"];
    let rejected = &partial[match kind {
        Kind::Traces => "rejectedSpans",
        Kind::Metrics => "rejectedDataPoints",
        Kind::Logs => "rejectedLogRecords",
    }];
    // Integers of 64 bits are texts, and some servers write numbers.
    let number = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok());
    let message = partial["errorMessage"].as_str().map(words);
    Accepted { rejected: number.unwrap_or_default(), message: message.unwrap_or_default() }
}

/// The message of a `google.rpc.Status`.
pub(super) fn reason(status: &[u8]) -> Option<String> {
    let status: Value = serde_json::from_slice(status).ok()?;
    status["message"].as_str().map(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rejected_is_read_as_text_and_as_number() {
        let accepted = |response: &str| accepted(Kind::Logs, response.as_bytes());
        let some = Accepted { rejected: 3, message: "too old".to_owned() };
        for rejected in ["\"3\"", "3"] {
            let response =
                format!(r#"{{"partialSuccess":{{"rejectedLogRecords":{rejected},"errorMessage":"too old"}}}}"#);
            assert_eq!(accepted(&response), some);
        }
        for nothing in ["", "{}", "nonsense", r#"{"partialSuccess":{"rejectedLogRecords":"-3"}}"#] {
            assert_eq!(accepted(nothing), Accepted::default());
        }
    }
}
