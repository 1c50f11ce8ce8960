//! tracing drops a subscriber where it was used last: inside its registry of callsites, if another subscriber joins
//! at that moment. Were a provider to end there, and log, the thread would wait for itself.

use super::{alone, json};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, SdkLoggerProvider},
};
use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};
use tracing::{Dispatch, Metadata, Subscriber, info, subscriber::Interest};
use tracing_subscriber::{Layer, layer::SubscriberExt as _};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn inside_the_registry_of_callsites() {
    alone("a_subscriber_ends_anywhere::a_bridge_that_ends_late");
}

/// Once it is shut, holds whom it meets at the event `door` until it is open.
#[derive(Clone, Default)]
struct Door(Arc<Mutex<Option<Shut>>>);

struct Shut {
    met: mpsc::Sender<()>,
    open: mpsc::Receiver<()>,
}

impl Door {
    fn shut(&self) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (met, meets) = mpsc::channel();
        let (opens, open) = mpsc::channel();
        *self.0.lock().unwrap() = Some(Shut { met, open });
        (meets, opens)
    }
}

impl<S: Subscriber> Layer<S> for Door {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "door" {
            if let Some(Shut { met, open }) = self.0.lock().unwrap().take() {
                met.send(()).unwrap();
                open.recv_timeout(PATIENCE).unwrap();
            }
        }
        Interest::always()
    }
}

/// Says that it ends with an event that was never met before.
#[derive(Debug)]
struct Exporter(mpsc::Sender<()>);

impl LogExporter for Exporter {
    async fn export(&self, _: LogBatch<'_>) -> OTelSdkResult {
        Ok(())
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        info!("the exporter ends");
        self.0.send(()).unwrap();
    }
}

#[test]
#[ignore = "holds the process's registry; run by the test above"]
fn a_bridge_that_ends_late() {
    let _first = Dispatch::new(tracing_subscriber::registry());
    info!(target: "door", "is known from now on");
    let (ended, ends) = mpsc::channel();
    let provider = SdkLoggerProvider::builder().with_simple_exporter(Exporter(ended)).build();
    let bridge = telecine::logs::otlp(&json(), &provider).unwrap();
    let door = Door::default();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(bridge).with(door.clone()));
    drop(provider);

    let (meets, opens) = door.shut();
    let joins = thread::spawn(|| drop(Dispatch::new(tracing_subscriber::registry())));
    meets.recv_timeout(PATIENCE).unwrap();
    drop(dispatch);
    opens.send(()).unwrap();
    ends.recv_timeout(PATIENCE).expect("the thread waits for itself");
    joins.join().unwrap();
}
