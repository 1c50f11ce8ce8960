//! What a store's client does inside.

use super::{
    classify, recorded,
    retries::{self, Failures, Target},
};
use crate::{
    catalog::{attribute, storage as definitions},
    media::RetryReason,
    operation::{Counter, ErrorType, Instruments, Labels, Outcome},
};
use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
        ReqwestConnector,
    },
};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// Makes a store's HTTP client, and counts its requests: `media.storage.attempts` by how they ended, and
/// `media.storage.retries` by the reason for which they are sent again.
///
/// Give it to the store's builder (`with_http_connector`). Requests for credentials that the store makes for
/// itself are counted too. Inside an upload whose options are [`recorded_by`](super::RecordedBy::recorded_by) it,
/// retries also count as `media.upload.retries`.
///
/// A retry is a request with the method and address of one that failed, within a minute, in a way that the
/// clients retry: a status of 408, 429 or from 500 on (or 409 for a conditional write), a connection that could
/// not be made or broke, no answer in time, or a body that broke off. So
/// - when a client has given up and the program asks for the same within that minute, this counts as a retry;
/// - a client that is configured to pause for more than a minute is not seen to retry;
/// - a retry after an error that hides in the body of a success (S3's `complete` and `copy`) is not seen.
#[derive(Debug)]
pub struct MeteredConnector<C> {
    inner: C,
    meter: Arc<Meter>,
}

#[derive(Debug)]
struct Meter {
    attempts: Counter,
    retries: Counter,
    store: Labels,
    failures: Failures,
}

#[derive(Debug)]
struct MeteredService {
    inner: HttpClient,
    meter: Arc<Meter>,
}

/// One request on its way. Dropped without an end, it was cancelled.
struct Attempt<'a> {
    meter: &'a Meter,
    open: bool,
}

/// A body that the client may ask the rest of, should it break off.
struct Watched {
    inner: HttpResponseBody,
    meter: Arc<Meter>,
    target: Target,
}

impl<C: HttpConnector> MeteredConnector<C> {
    /// Counts the requests of the clients that `inner` makes, for the store of this short name.
    pub fn new(name: impl AsRef<str>, inner: C, instruments: &Instruments) -> Self {
        let meter = Meter {
            attempts: instruments.counter(&definitions::ATTEMPTS),
            retries: instruments.counter(&definitions::RETRIES),
            store: instruments.labels().set(&attribute::STORE, name),
            failures: Failures::default(),
        };
        Self { inner, meter: Arc::new(meter) }
    }
}

impl MeteredConnector<ReqwestConnector> {
    /// Counts the requests of the client that `object_store` uses by itself.
    pub fn reqwest(name: impl AsRef<str>, instruments: &Instruments) -> Self {
        Self::new(name, ReqwestConnector::default(), instruments)
    }
}

impl<C: HttpConnector> HttpConnector for MeteredConnector<C> {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = self.inner.connect(options)?;
        Ok(HttpClient::new(MeteredService { inner, meter: Arc::clone(&self.meter) }))
    }
}

#[async_trait]
impl HttpService for MeteredService {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let target = self.meter.failures.target(&request);
        if let Some(reason) = self.meter.failures.take(target) {
            self.meter.retried(reason);
        }
        let attempt = Attempt { meter: &self.meter, open: true };
        let result = self.inner.execute(request).await;
        attempt.end(&result);
        let reason = match &result {
            Ok(response) => target.after_status(response.status()),
            Err(error) => retries::after_error(error.kind()),
        };
        if let Some(reason) = reason {
            self.meter.failures.mark(target, reason);
        }
        let response = result?;
        if !target.resumes() || !response.status().is_success() {
            return Ok(response);
        }
        let meter = Arc::clone(&self.meter);
        Ok(response.map(|inner| HttpResponseBody::new(Watched { inner, meter, target })))
    }
}

impl Meter {
    fn retried(&self, reason: RetryReason) {
        self.retries.add(1, &self.store.clone().set(&attribute::RETRY_REASON, reason.as_str()));
        recorded::retried(reason);
    }

    fn attempted(&self, outcome: Outcome, error_type: Option<ErrorType>) {
        let labels = self
            .store
            .clone()
            .set(&attribute::OUTCOME, outcome.as_str())
            .set_some(&attribute::ERROR_TYPE, error_type.map(ErrorType::as_str));
        self.attempts.add(1, &labels);
    }
}

impl Attempt<'_> {
    fn end(mut self, result: &Result<HttpResponse, HttpError>) {
        self.open = false;
        let error_type = match result {
            Ok(response) => classify::of_status(response.status()),
            Err(error) => Some(classify::classify(error).unwrap_or(ErrorType::Network)),
        };
        self.meter.attempted(error_type.map_or(Outcome::Success, Outcome::from), error_type);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.open {
            self.meter.attempted(Outcome::Cancelled, None);
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Err(error)) = &frame {
            self.meter.failures.mark(self.target, retries::after_broken_body(error.kind()));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
