use std::{
    net::{SocketAddr, TcpListener},
    sync::mpsc,
    thread,
    time::Duration,
};

use axum::serve::ListenerExt;
use tokio::{runtime, sync::oneshot};

use super::Endpoint;
use crate::pull::Error;

/// How long a server that is dropped may take to end.
const DROP_DEADLINE: Duration = Duration::from_secs(1);

/// An endpoint that listens, on a thread and runtime of its own. Dropping it stops it.
#[derive(Debug)]
#[must_use = "the endpoint stops when this is dropped"]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Duration>>,
    ended: mpsc::Receiver<()>,
}

/// Listens on a host and port, and answers from then on, whatever the program's own runtime is busy
/// with, and if it has none.
///
/// `localhost` is 127.0.0.1; `0.0.0.0` or `::` is every interface of the machine. With port 0 the system
/// chooses one: [`Server::address`] says which.
///
/// # Errors
/// [`Error::Listen`] if the port is taken or the host is none of this machine's.
pub fn serve(endpoint: &Endpoint, host: &str, port: u16) -> Result<Server, Error> {
    let refused = |source| Error::Listen { address: format!("{host}:{port}"), source };
    // A name with two addresses would be bound to the second one if the first is taken, in silence.
    let ip = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host.trim_matches(['[', ']']) };
    let listener = TcpListener::bind((ip, port)).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;

    let failed = |source| Error::Start { address, source };
    let runtime =
        runtime::Builder::new_current_thread().enable_all().thread_name("telecine-scrape").build().map_err(failed)?;
    let (stop, stopped) = oneshot::channel();
    let (end, ended) = mpsc::channel();
    let endpoint = Endpoint { profiles: endpoint.profiles.renewed(), ..endpoint.clone() };
    thread::Builder::new()
        .name("telecine-endpoint".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(run(listener, &endpoint, stopped)) {
                tracing::error!(%address, %error, "the metrics endpoint ended");
            }
            // Callbacks that hang are left behind.
            runtime.shutdown_background();
            // Nobody waits for it if the server was dropped long ago.
            let _ = end.send(());
        })
        .map_err(failed)?;
    Ok(Server { address, stop: Some(stop), ended })
}

async fn run(listener: TcpListener, endpoint: &Endpoint, stopped: oneshot::Receiver<Duration>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
        // Without it the end of a small answer may wait for the scraper's acknowledgement. One that
        // cannot be set is one on a connection that is gone.
        let _ = stream.set_nodelay(true);
    });
    let (began, begun) = oneshot::channel();
    let service = endpoint.router().into_make_service_with_connect_info::<SocketAddr>();
    let profiles = endpoint.profiles.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        // An error means that the server was dropped without its stop.
        let deadline = stopped.await.unwrap_or(DROP_DEADLINE);
        profiles.end();
        let _ = began.send(deadline);
    });
    tokio::select! {
        ended = async { serving.await } => ended,
        () = async {
            let deadline = begun.await.unwrap_or(DROP_DEADLINE);
            tokio::time::sleep(deadline).await;
        } => Ok(()),
    }
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, and waits until those that it has are answered. Blocks.
    ///
    /// # Errors
    /// [`Error::Stop`] if that was not so after `deadline`. They are cut off then.
    pub fn stop(mut self, deadline: Duration) -> Result<(), Error> {
        self.end(deadline)
    }

    fn end(&mut self, deadline: Duration) -> Result<(), Error> {
        let Some(stop) = self.stop.take() else { return Ok(()) };
        // An error means that it has ended already.
        let _ = stop.send(deadline);
        match self.ended.recv_timeout(deadline) {
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Error::Stop { address: self.address, deadline }),
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A drop has nobody to tell.
        let _ = self.end(DROP_DEADLINE);
    }
}
