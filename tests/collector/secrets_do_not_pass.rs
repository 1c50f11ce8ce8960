use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use telecine_parts::Received;

use crate::otlp::{Store, attributes, gauge, logs, now, pair, send, spans};

/// What somebody may write into telemetry, and the part of it that nobody may read.
const SECRETS: &[(&str, &str)] = &[
    ("uploading with key AKIAIOSFODNN7EXAMPLE failed", "AKIAIOSFODNN7EXAMPLE"),
    ("temporary key ASIAZQ3DEXAMPLEKEY12", "ASIAZQ3DEXAMPLEKEY12"),
    ("aws_secret_access_key=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMIK7MDENG"),
    ("AWS_SESSION_TOKEN: FwoGZXIvYXdzEBYaDKp3examplesession", "FwoGZXIvYXdzEBYaDKp3"),
    (
        "GET https://media.s3.amazonaws.com/a.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ROOTID00%2F20260801%2Fus-east-1&X-Amz-Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        "5d672d79c15b13162d9279b0855cfba6",
    ),
    ("https://media.s3.amazonaws.com/a.mp4?X-Amz-Credential=ROOTID01%2F20260801&X-Amz-Expires=3600", "ROOTID01"),
    ("https://b.s3.amazonaws.com/a?X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE&x=1", "IQoJb3JpZ2luX2VjEXAMPLE"),
    ("https://b.s3.amazonaws.com/k?AWSAccessKeyId=1234&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D", "vjbyPxybdZaNmGa"),
    (
        "https://storage.googleapis.com/b/o?X-Goog-Algorithm=GOOG4&X-Goog-Signature=247a2aa45f169edf4d187d54e7cc46e4731b1e6273242c4f4c39a1d2507a0e58",
        "247a2aa45f169edf4d187d54",
    ),
    (
        "https://a.blob.core.windows.net/c/b?sv=2024-05-04&sig=F6GRVAZ5Cdj2Pw4tgU7IlSTkWgn7bUkkAg8P6HESXwmf",
        "F6GRVAZ5Cdj2Pw4t",
    ),
    (
        "DefaultEndpointsProtocol=https;AccountName=m;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6;",
        "Eby8vdM02xNOcqFl",
    ),
    ("https://d111.cloudfront.net/i.m3u8?Policy=eyANCiAgICEXAMPLEW1lbnQi&Key-Pair-Id=K2JCJMDEHXQW5F", "K2JCJMDEHXQW5F"),
    ("https://d111.cloudfront.net/i.m3u8?Policy=cG9saWN5cG9saWN5cG9saWN5&x=1", "cG9saWN5cG9saWN5"),
    ("https://cdn.example.com/live.m3u8?hdnts=exp=1700000000~acl=/*~hmac=3ad1c1a2b5f6", "3ad1c1a2b5f6"),
    ("postgres://media:p4ssw0rd-db@10.0.0.5:5432/media?sslmode=require", "p4ssw0rd-db"),
    ("redis://:r3dis-secr3t@cache:6379/0", "r3dis-secr3t"),
    ("amqp://guest:gu3stpass@broker:5672//", "gu3stpass"),
    ("cloning https://x-deploy-4f9d8e7c@git.example.com/a.git", "x-deploy-4f9d8e7c"),
    ("rtmp://live.example.com/app -password h0rseBattery", "h0rseBattery"),
    ("ffmpeg -decryption_key 76a6c65c5ea762046bd749a2e632ccbb -i in.mp4 out.mp4", "76a6c65c5ea762046bd749a2e632ccbb"),
    ("Authorization: Bearer 3f9c1b2a7d8e4f5061728394a5b6c7d8", "3f9c1b2a7d8e4f50"),
    ("sent with bearer abcdefghijklmnop0123456789", "abcdefghijklmnop0123456789"),
    ("Authorization: Basic bWVkaWE6aHVudGVyMg==", "bWVkaWE6aHVudGVyMg"),
    ("header was Basic YWRtaW46c3dvcmRmaXNo and it was refused", "YWRtaW46c3dvcmRmaXNo"),
    (
        "authorization: AWS4-HMAC-SHA256 Credential=ROOTID02/20260801/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=fe5f80f7",
        "fe5f80f7",
    ),
    ("Cookie: session=s%3Ac0ffee11deadbeef; theme=dark", "c0ffee11deadbeef"),
    ("Set-Cookie: sid=31d4d96e407aad42; HttpOnly", "31d4d96e407aad42"),
    (
        "token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "dozjgNryP4J3jVmNHl0w5N",
    ),
    ("pushing as ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912"),
    ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789", "mnopqrstuvwxyz0123456789"),
    ("glpat-AbCdEfGhIjKlMnOpQrSt", "AbCdEfGhIjKlMnOpQrSt"),
    (concat!("xo", "xb-1234567890-abcdefghijklmnop"), "abcdefghijklmnop"),
    (concat!("https://hooks.slack", ".com/services/T0000/B0000/QQQQQQQQQQQQ"), "QQQQQQQQQQQQ"),
    ("https://discord.com/api/webhooks/123456/zyxwvutsrqponml", "zyxwvutsrqponml"),
    ("https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456/sendMessage", "AAabcdefghijklmnop"),
    (concat!("sk", "_live_51H8abcdefghijklmnop"), "51H8abcdefghijklmnop"),
    ("whisper at sk-proj-abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"),
    (concat!("AIza", "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"), "SyD-9tSrke72PouQMnMX"),
    ("hf_abcdefghijklmnopqrstuvwxyzABCDEFGH", "hf_abcdefghijklmnop"),
    ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "npm_abcdefghijklmnop"),
    (concat!("SG", ".ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"), "TwL2iGABf9DHoTf"),
    ("{\"user\":\"media\",\"password\":\"c0rrecthorse\"}", "c0rrecthorse"),
    ("{\\\"api_key\\\":\\\"k3y-in-k3y\\\"}", "k3y-in-k3y"),
    ("POST /login user=a&pwd=tr0ub4dor&remember=1", "tr0ub4dor"),
    ("https://api.example.com/v1?access_token=ya-t0ken-123&x=1", "ya-t0ken-123"),
    ("https://api.example.com/oauth?code=4P7q7W91a-oMsCeLvIaQm6bTrgtp7&state=1", "4P7q7W91a-oMsCeLvIaQm6bTrgtp7"),
    ("client_secret = 'cl13nt-s3cr3t'", "cl13nt-s3cr3t"),
    ("ffmpeg: --api-key=k-9f8e7d6c5b4a", "k-9f8e7d6c5b4a"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJ\n-----END RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEA0Z3VS5JJ",
    ),
    ("key: -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF", "MIIEvQIBADANBgkqhkiG9w0BAQEF"),
];

/// Keys whose values are secret whatever they look like.
const KEYS: &[&str] = &[
    "password",
    "db.password",
    "http.request.header.authorization",
    "http.request.header.cookie",
    "http.response.header.set-cookie",
    "aws.secret_access_key",
    "api_key",
    "x-api-key",
    "session_token",
    "webhook.secret",
    "refreshToken",
    "media.signature",
];

/// What only looks like it: an operator needs to read it.
const INNOCENT: &[(&str, &str)] = &[
    ("media.object.key", "videos/2026/08/tokens-of-love/720p/segment_00042.m4s"),
    ("url.full", "https://media.example.com/v1/videos/42?page=2&sort=created"),
    ("process.command_args", "ffmpeg -i in.mp4 -c:v libx264 -hls_key_info_file key.info out.m3u8"),
    ("exception.message", "moov atom not found: token of the stream is missing at byte 1024"),
    ("gen_ai.usage.input_tokens", "1234"),
    ("media.rendition", "1080p"),
    ("server.address", "s3.eu-central-1.amazonaws.com"),
    ("user.email", "operator@example.com"),
    ("media.outcome", "success"),
    ("db.query.text", "SELECT id FROM sessions WHERE expires < ?"),
];

/// Every place where a text can stand.
fn requests(text: &str) -> [Value; 3] {
    let attribute = attributes(&[("note", text)]);
    let list = json!([
        {"key": "process.command_args", "value": {"arrayValue": {"values": [{"stringValue": "ffmpeg"}, {"stringValue": text}]}}},
        {"key": "nested", "value": {"kvlistValue": {"values": [{"key": "deep", "value": {"stringValue": text}}]}}},
    ]);
    let span = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": text, "kind": 1,
        "startTimeUnixNano": now().to_string(), "endTimeUnixNano": now().to_string(),
        "attributes": list,
        "events": [{"timeUnixNano": now().to_string(), "name": text, "attributes": attribute}],
        "status": {"code": 2, "message": text},
    });
    let record = |body: Value| json!({"timeUnixNano": now().to_string(), "severityNumber": 9, "body": body, "attributes": attribute});
    let records = json!([
        record(json!({"stringValue": text})),
        record(json!({"kvlistValue": {"values": [{"key": "note", "value": {"stringValue": text}}]}})),
        record(json!({"arrayValue": {"values": [{"stringValue": text}]}})),
    ]);
    let points = json!([{"timeUnixNano": now().to_string(), "asDouble": 1.0, "attributes": attribute}]);
    let mut requests = [
        spans("media-worker", json!([span])),
        logs("media-worker", records),
        gauge("media-worker", "media.test", points),
    ];
    for (request, kind) in requests.iter_mut().zip(["resourceSpans", "resourceLogs", "resourceMetrics"]) {
        let resource = request[kind][0]["resource"]["attributes"].as_array_mut().unwrap();
        resource.push(json!({"key": "deployment.note", "value": {"stringValue": text}}));
    }
    requests
}

/// Everything that was written below a folder, queues among it.
fn written(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            all.extend(written(&entry.path()));
        } else {
            all.extend(fs::read(entry.path()).unwrap());
        }
    }
    all
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_corpus_leaves_nothing_in_stores_and_queues() {
    assert!(SECRETS.len() + KEYS.len() >= 60);
    let store = Store::start().await;
    let (mut agent, mut gateway) = pair(&store, &[("TELECINE_SAMPLE_PERCENT", "100")]).await;
    for (text, _) in SECRETS {
        for request in requests(text) {
            send(&agent, &request).await;
        }
    }
    let keyed: Vec<(String, String)> = KEYS.iter().map(|key| ((*key).to_owned(), format!("value-of-{key}"))).collect();
    let keyed: Vec<(&str, &str)> = keyed.iter().map(|(key, value)| (&**key, &**value)).collect();
    let body: Value = attributes(&keyed);
    let record = json!({"timeUnixNano": now().to_string(), "attributes": attributes(&keyed), "body": {"kvlistValue": {"values": body}}});
    send(&agent, &logs("media-worker", json!([record]))).await;
    let last = json!({"timeUnixNano": now().to_string(), "body": {"stringValue": "the last"}, "attributes": attributes(INNOCENT)});
    send(&agent, &logs("media-worker", json!([last]))).await;

    let expected = SECRETS.len() * 3 + 2;
    let records = |requests: &[Value]| crate::otlp::all(requests, Received::Logs).len();
    let all = |requests: &[Value]| (records(requests) >= expected).then_some(());
    store.collector.until("all log records", Received::Logs, all).await.unwrap();
    let spans =
        |requests: &[Value]| (crate::otlp::all(requests, Received::Traces).len() >= SECRETS.len()).then_some(());
    store.collector.until("all spans", Received::Traces, spans).await.unwrap();
    agent.stop().await.unwrap();
    gateway.stop().await.unwrap();

    let places = [
        ("traces", fs::read(store.collector.file(Received::Traces)).unwrap()),
        ("metrics", fs::read(store.collector.file(Received::Metrics)).unwrap()),
        ("logs", fs::read(store.collector.file(Received::Logs)).unwrap()),
        ("the agent's queue", written(agent.state())),
        ("the gateway's queue", written(gateway.state())),
    ];
    let mut left = Vec::new();
    for (place, bytes) in &places {
        assert!(contains(bytes, "media-worker"), "nothing came to {place}");
        let secrets = SECRETS.iter().map(|(_, secret)| (*secret).to_owned());
        let keyed = KEYS.iter().map(|key| format!("value-of-{key}"));
        left.extend(secrets.chain(keyed).filter(|secret| contains(bytes, secret)).map(|secret| (place, secret)));
    }
    assert!(left.is_empty(), "{left:#?}");
    let logs = &places[2].1;
    let masked: Vec<_> = INNOCENT.iter().filter(|(_, value)| !contains(logs, value)).collect();
    assert!(masked.is_empty(), "{masked:?}");
    println!("{} secrets in 14 places each, {} keys in two: nothing left", SECRETS.len(), KEYS.len());
}
