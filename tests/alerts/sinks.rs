//! Where notifications arrive: a server that takes mail, and one that takes webhooks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A list that grows while others look at it.
type Shared<T> = Arc<Mutex<Vec<T>>>;

/// Takes every `POST`: the path, and the JSON.
pub(crate) struct Webhook {
    pub(crate) address: SocketAddr,
    received: Shared<(String, Value)>,
}

/// Takes mail of whoever names a user and a password.
pub(crate) struct Mailbox {
    pub(crate) address: SocketAddr,
    received: Shared<Mail>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Mail {
    /// What the client proved itself by, in base64.
    pub(crate) credentials: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
}

impl Webhook {
    pub(crate) async fn start() -> Self {
        let received = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(take).with_state(Arc::clone(&received));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, received }
    }

    pub(crate) fn received(&self) -> Vec<(String, Value)> {
        self.received.lock().unwrap().clone()
    }
}

async fn take(State(received): State<Shared<(String, Value)>>, uri: Uri, body: Bytes) -> &'static str {
    let value = serde_json::from_slice(&body).unwrap_or_default();
    received.lock().unwrap().push((uri.path().to_owned(), value));
    // What Slack answers.
    "ok"
}

impl Mailbox {
    pub(crate) async fn start() -> Self {
        let received = Shared::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(converse(client, Arc::clone(&mails)));
            }
        });
        Self { address, received }
    }

    pub(crate) fn received(&self) -> Vec<Mail> {
        self.received.lock().unwrap().clone()
    }
}

/// As much of SMTP (RFC 5321) as a client needs that authenticates by PLAIN (RFC 4954).
async fn converse(client: TcpStream, mails: Shared<Mail>) -> std::io::Result<()> {
    let (read, mut write) = client.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut mail = Mail::default();
    write.write_all(b"220 sink ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-sink\r\n250 AUTH PLAIN",
            "AUTH" => {
                line.rsplit(' ').next().unwrap_or_default().clone_into(&mut mail.credentials);
                "235 welcome"
            }
            "RCPT" => {
                mail.to.push(line);
                "250 ok"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.text.push_str(&line);
                    mail.text.push('\n');
                }
                mails.lock().unwrap().push(std::mem::take(&mut mail));
                "250 taken"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
