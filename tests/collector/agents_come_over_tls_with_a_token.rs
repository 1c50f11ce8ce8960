use std::fs;

use serde_json::{Value, json};
use telecine_parts::{Configured, Received};
use tempfile::TempDir;

use crate::otlp::{AGENT, GATEWAY, Store, all, gauge, logs, now, send, spans};

/// An authority's certificate, the gateway's with its key, and the token, each in a file.
fn secrets() -> TempDir {
    let folder = TempDir::new().unwrap();
    let authority = rcgen::CertifiedIssuer::self_signed(
        {
            let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
            parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            parameters
        },
        rcgen::KeyPair::generate().unwrap(),
    )
    .unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["otelcol-gateway".to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, &authority).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", &authority.pem());
    write("gateway.pem", &certificate.pem());
    write("gateway.key", &key.serialize_pem());
    write("token", "a-token-of-the-agents");
    write("wrong-token", "a-token-of-somebody-else");
    folder
}

#[tokio::test]
async fn and_nobody_else_is_heard() {
    let (store, secrets) = (Store::start().await, secrets());
    let file = |name: &str| secrets.path().join(name).display().to_string();
    let (ca, certificate, key, token, wrong) =
        (file("ca.pem"), file("gateway.pem"), file("gateway.key"), file("token"), file("wrong-token"));
    let of_gateway = [
        ("TELECINE_GATEWAY_CERTIFICATE", &*certificate),
        ("TELECINE_GATEWAY_KEY", &key),
        ("TELECINE_TOKEN_FILE", &token),
        ("TELECINE_SAMPLE_PERCENT", "100"),
    ];
    let variables = [&store.variables()[..], &of_gateway].concat();
    let gateway = Configured::start(&[&GATEWAY[..], &["gateway-tls.yaml"]].concat(), &variables).await.unwrap();
    let gateways = format!("[{}]", gateway.grpc());
    let agent = async |token: &str| {
        let variables = [
            ("TELECINE_GATEWAYS", &*gateways),
            ("TELECINE_GATEWAY", gateway.grpc()),
            ("TELECINE_GATEWAY_CA", &ca),
            ("TELECINE_TOKEN_FILE", token),
        ];
        Configured::start(&[&AGENT[..], &["agent-tls.yaml"]].concat(), &variables).await.unwrap()
    };
    let record = |text: &str| json!([{"timeUnixNano": now().to_string(), "body": {"stringValue": text}}]);

    let stranger = agent(&wrong).await;
    send(&stranger, &logs("stranger", record("from somebody else"))).await;
    let agent = agent(&token).await;
    send(&agent, &logs("media-worker", record("from an agent"))).await;
    let span = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "job", "kind": 1,
        "startTimeUnixNano": now().to_string(), "endTimeUnixNano": now().to_string(),
    });
    send(&agent, &spans("media-worker", json!([span]))).await;
    let point = json!([{"timeUnixNano": now().to_string(), "asDouble": 1.0}]);
    send(&agent, &gauge("media-worker", "media.test", point)).await;

    for of in [Received::Logs, Received::Traces, Received::Metrics] {
        let came = |requests: &[Value]| (!all(requests, of).is_empty()).then_some(());
        if let Err(late) = store.collector.until("what an agent sent", of, came).await {
            panic!("{late}\n{}\n{}", agent.complaints(), gateway.complaints());
        }
    }
    let refused = async || stranger.complaints().contains("Unauthenticated").then_some(());
    telecine_parts::eventually("the stranger to be refused", refused).await.unwrap();
    let logs = store.collector.received(Received::Logs).unwrap();
    assert!(!json!(logs).to_string().contains("from somebody else"));
}
