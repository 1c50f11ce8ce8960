use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use telecine::push::{Kind, Protocol, Push, Signal, Tls};
use telecine_parts::{Collector, Received};
use tempfile::TempDir;

use crate::measure::{PROTOCOLS, Program, all, build, comes_back, export, traces};

/// A certificate authority, and what it signed, as files.
struct Files {
    folder: TempDir,
}

impl Files {
    fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let usages = [("server", ExtendedKeyUsagePurpose::ServerAuth), ("client", ExtendedKeyUsagePurpose::ClientAuth)];
        for (name, usage) in usages {
            let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
            params.extended_key_usages = vec![usage];
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &authority).unwrap();
            fs::write(folder.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
            fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The collector speaks TLS, and asks for a client certificate of this authority.
    async fn collector(&self) -> Collector {
        let tls = format!(
            "{{cert_file: '{}', key_file: '{}', client_ca_file: '{}'}}",
            self.path("server.pem").display(),
            self.path("server.key").display(),
            self.path("ca.pem").display(),
        );
        let yaml = format!("receivers: {{otlp: {{protocols: {{http: {{tls: {tls}}}, grpc: {{tls: {tls}}}}}}}}}\n");
        Collector::start_with(&yaml).await.unwrap()
    }

    fn trusting(&self) -> Tls {
        Tls { ca_file: Some(self.path("ca.pem")), ..Tls::default() }
    }

    fn known(&self) -> Tls {
        Tls {
            client_certificate_file: Some(self.path("client.pem")),
            client_key_file: Some(self.path("client.key")),
            ..self.trusting()
        }
    }
}

fn signal(collector: &Collector, protocol: Protocol, tls: Tls) -> Signal {
    match protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            Signal { tls, ..Signal::http(format!("https://{}/v1/traces", collector.http())) }
        }
        // Without a scheme gRPC is TLS.
        Protocol::Grpc => Signal { tls, ..Signal::grpc(collector.grpc()) },
    }
}

#[tokio::test]
async fn delivered_with_them_and_not_without() {
    let files = Files::make();
    let collector = files.collector().await;
    for (number, protocol) in PROTOCOLS.into_iter().enumerate() {
        let config: Push = all(signal(&collector, protocol, files.known()));
        comes_back(move || {
            let program = Program::start(&config);
            program.work();
            let (_, results) = program.shutdown(crate::measure::LONG);
            assert!(results.iter().all(Result::is_ok), "{protocol:?}: {results:?}");
        });
        for received in [Received::Traces, Received::Metrics, Received::Logs] {
            let wanted = |requests: &[serde_json::Value]| (requests.len() == number + 1).then_some(());
            collector.until("an export by TLS", received, wanted).await.unwrap();
        }
    }

    // A server that nobody vouches for, and a client that the server does not know.
    let stranger = Files::make();
    for protocol in PROTOCOLS {
        for (tls, why) in [(stranger.known(), "invalid peer certificate"), (files.trusting(), "")] {
            let timeout = std::time::Duration::from_secs(2);
            let config = traces(Signal { timeout, ..signal(&collector, protocol, tls) });
            let error = comes_back(move || {
                let exporters = build(&config);
                let error = export(&exporters, 10).unwrap_err().to_string();
                assert_eq!(exporters.handle.counts(Kind::Traces)[0].stats().lost, 10);
                error
            });
            assert!(error.contains(why), "{protocol:?}: {error}");
        }
    }
    assert_eq!(collector.received(Received::Traces).unwrap().len(), PROTOCOLS.len());
}

#[tokio::test]
async fn the_environment_names_them() {
    let files = Files::make();
    let collector = files.collector().await;
    for (number, protocol) in PROTOCOLS.into_iter().enumerate() {
        let endpoint = match protocol {
            Protocol::HttpProtobuf | Protocol::HttpJson => collector.http(),
            Protocol::Grpc => collector.grpc(),
        };
        let path = |name: &str| files.path(name).display().to_string();
        let environment: telecine::telemetry::Environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("https://{endpoint}")),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.as_str().to_owned()),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", path("ca.pem")),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", path("client.pem")),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", path("client.key")),
            ("OTEL_METRICS_EXPORTER", "otlp".to_owned()),
        ]
        .into_iter()
        .collect();
        let telemetry = telecine::Telemetry::builder().environment(environment).build().unwrap();
        tracing::dispatcher::with_default(&telemetry.dispatch().unwrap(), || {
            telemetry.work().job("one").start().success();
            tracing::info!("said");
        });
        telemetry.shutdown(crate::measure::LONG).await.unwrap();
        for received in [Received::Traces, Received::Metrics, Received::Logs] {
            // Metrics come once more at the end.
            let wanted = |requests: &[serde_json::Value]| (requests.len() > number).then_some(());
            collector.until("an export by TLS", received, wanted).await.unwrap();
        }
    }
    // A program that was told whom to trust does not go on without.
    let missing = [("OTEL_EXPORTER_OTLP_CERTIFICATE", "/not/there.pem"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://a")];
    let error = telecine::Telemetry::builder()
        .environment(missing.into_iter().collect::<telecine::telemetry::Environment>())
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("/not/there.pem"), "{error}");
}
