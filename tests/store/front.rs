//! A front of an S3 that does as it is told, one step a request.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// This status, with an S3 error of that code as body.
    Status(u16, &'static str),
    /// What a working server says.
    Good,
    /// The connection ends without an answer.
    HangUp,
    /// Half of the body, then the end of the connection.
    HalfBody,
    /// Never an answer.
    Silence,
}

/// What the server reads out.
pub(crate) const BODY: &[u8] = b"0123456789abcdef";

pub(crate) struct Front {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Front {
    /// Does these steps, and then answers well.
    pub(crate) async fn start(steps: &[Step]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let steps = Arc::new(Mutex::new(steps.iter().copied().collect::<VecDeque<_>>()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (steps, seen) = (Arc::clone(&steps), Arc::clone(&seen));
                // The client may go away at any point.
                tokio::spawn(async move { drop(serve(connection, &steps, &seen).await) });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The request lines so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut connection: TcpStream, steps: &Mutex<VecDeque<Step>>, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let head = read(&mut connection).await?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    seen.lock().unwrap().push(line.trim_end_matches(" HTTP/1.1").to_owned());
    let step = steps.lock().unwrap().pop_front().unwrap_or(Step::Good);
    let answer = match step {
        Step::Status(status, code) => {
            let body = format!("<Error><Code>{code}</Code></Error>");
            format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
        }
        Step::Good => good(&head, BODY.len()),
        Step::HalfBody => good(&head, BODY.len() / 2),
        Step::HangUp => return Ok(()),
        Step::Silence => std::future::pending().await,
    };
    connection.write_all(answer.as_bytes()).await?;
    connection.shutdown().await
}

async fn read(connection: &mut TcpStream) -> io::Result<String> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if connection.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if connection.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let line_end = head.find("\r\n").unwrap_or(0);
    Ok(String::from_utf8_lossy(&bytes[..line_end]).into_owned() + &head[line_end..])
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// A working server's answer, of whose body it sends that much.
fn good(head: &str, sent: usize) -> String {
    let constant = "etag: \"e\"\r\nlast-modified: Sat, 21 Nov 2026 12:00:00 GMT\r\nconnection: close\r\n";
    if head.starts_with("POST") && head.contains("?uploads") {
        let body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
        return format!("HTTP/1.1 200 OK\r\n{constant}content-length: {}\r\n\r\n{body}", body.len());
    }
    if head.starts_with("POST") {
        let body = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";
        return format!("HTTP/1.1 200 OK\r\n{constant}content-length: {}\r\n\r\n{body}", body.len());
    }
    if !head.starts_with("GET") {
        return format!("HTTP/1.1 200 OK\r\n{constant}content-length: 0\r\n\r\n");
    }
    let body = std::str::from_utf8(BODY).unwrap();
    match header(head, "range").and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse().ok()) {
        None => format!("HTTP/1.1 200 OK\r\n{constant}content-length: {}\r\n\r\n{}", body.len(), &body[..sent]),
        Some(from) => {
            let range = format!("content-range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
            let length = body.len() - from;
            format!("HTTP/1.1 206 Part\r\n{constant}{range}content-length: {length}\r\n\r\n{}", &body[from..])
        }
    }
}
