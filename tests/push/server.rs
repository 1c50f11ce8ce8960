//! A server that answers by a script, over HTTP/1.1 and gRPC on one port.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use prost::Message;
use telecine::push::{Protocol, Signal};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::Code;

/// One answer of the script.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Taken, with this message.
    Taken(Vec<u8>),
    /// An HTTP status and headers.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A gRPC status, with these bytes as `grpc-status-details-bin`.
    Grpc(Code, &'static str, Vec<u8>),
    /// None, ever.
    Never,
    /// The connection is closed instead.
    Closed,
}

/// A request as it came, out of its framing and compression.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) message: Vec<u8>,
    pub(crate) compressed: bool,
    pub(crate) at: Instant,
}

/// Answers the requests in the order in which they come; the last answer of the script stays.
pub(crate) struct Server {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    _stop: oneshot::Sender<()>,
}

type Script = Arc<Mutex<VecDeque<Answer>>>;
type Body = BoxBody<Bytes, Infallible>;

impl Server {
    pub(crate) fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let script: Script = Arc::new(Mutex::new(script.into_iter().collect()));
        let got = Arc::<Mutex<Vec<Got>>>::default();
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::clone(&got);
        // A thread of its own: tests block theirs.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                tokio::select! {
                    () = serve(TcpListener::from_std(listener).unwrap(), script, log) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, got, _stop: stop }
    }

    pub(crate) fn taking() -> Self {
        Self::start([Answer::Taken(Vec::new())])
    }

    /// Configuration to send there.
    pub(crate) fn signal(&self, protocol: Protocol) -> Signal {
        signal(protocol, self.address)
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

/// Configuration to send traces to `address`.
pub(crate) fn signal(protocol: Protocol, address: SocketAddr) -> Signal {
    match protocol {
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            Signal { protocol, ..Signal::http(format!("http://{address}/v1/traces")) }
        }
        Protocol::Grpc => Signal::grpc(format!("http://{address}")),
    }
}

impl Answer {
    pub(crate) fn taken_but(rejected: i64, message: &str) -> Self {
        use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
        let partial = ExportTracePartialSuccess { rejected_spans: rejected, error_message: message.into() };
        // The three signals' responses differ in names only.
        Self::Taken(ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Http(status, Vec::new(), Vec::new())
    }

    pub(crate) fn code(code: Code) -> Self {
        Self::Grpc(code, "", Vec::new())
    }
}

async fn serve(listener: TcpListener, script: Script, log: Arc<Mutex<Vec<Got>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (script, log) = (Arc::clone(&script), Arc::clone(&log));
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&script), Arc::clone(&log)));
            // An error is a connection that was closed, here or there.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    script: Script,
    log: Arc<Mutex<Vec<Got>>>,
) -> Result<Response<Body>, Closed> {
    let grpc = request.headers().get("content-type").is_some_and(|value| value == "application/grpc");
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let (compressed, message) = if grpc {
        (body[0] == 1, &body[5..])
    } else {
        (parts.headers.get("content-encoding").is_some_and(|value| value == "gzip"), &body[..])
    };
    let message = if compressed {
        let mut plain = Vec::new();
        GzDecoder::new(message).read_to_end(&mut plain).unwrap();
        plain
    } else {
        message.to_vec()
    };
    let path = parts.uri.path().to_owned();
    log.lock().unwrap().push(Got { path, headers: parts.headers, message, compressed, at: Instant::now() });
    let answer = {
        let mut script = script.lock().unwrap();
        if script.len() > 1 { script.pop_front() } else { script.front().cloned() }.unwrap()
    };
    match answer {
        Answer::Taken(message) if grpc => Ok(grpc_response(Code::Ok, "", &[], Some(message))),
        Answer::Taken(message) => {
            let body = Full::new(message.into()).boxed();
            Ok(Response::builder().header("content-type", "application/x-protobuf").body(body).unwrap())
        }
        Answer::Http(status, headers, body) => {
            let response = Response::builder().status(status);
            let response = headers.into_iter().fold(response, |response, (name, value)| response.header(name, value));
            Ok(response.body(Full::new(body.into()).boxed()).unwrap())
        }
        Answer::Grpc(code, message, details) => Ok(grpc_response(code, message, &details, None)),
        Answer::Never => std::future::pending().await,
        Answer::Closed => Err(Closed),
    }
}

fn grpc_response(code: Code, said: &str, details: &[u8], message: Option<Vec<u8>>) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code as i32));
    trailers.insert("grpc-message", HeaderValue::from_str(said).unwrap());
    if !details.is_empty() {
        let details = tonic::metadata::BinaryMetadataValue::from_bytes(details);
        let encoded = HeaderValue::from_bytes(details.as_encoded_bytes()).unwrap();
        trailers.insert(HeaderName::from_static("grpc-status-details-bin"), encoded);
    }
    let body = match message {
        Some(message) => {
            let mut frame = vec![0];
            frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
            frame.extend_from_slice(&message);
            Full::new(frame.into()).boxed()
        }
        None => Empty::new().boxed(),
    };
    let body = body.with_trailers(async move { Some(Ok(trailers)) }).boxed();
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

#[derive(Debug, thiserror::Error)]
#[error("closed on purpose")]
struct Closed;
