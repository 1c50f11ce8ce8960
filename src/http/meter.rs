//! The instruments of one layer, and handles to their series.

use std::sync::Arc;

use super::end::Side;
use super::key::Key;
use super::routes::Routes;
use super::table::{Name, Names, Table};
use crate::catalog::attribute::{self, OUTCOME};
use crate::catalog::{Attribute, OTHER, http as definitions};
use crate::operation::{
    BoundHistogram, BoundUpDownCounter, Classifiers, Histogram, Instruments, Labels, UpDownCounter,
};

/// The route of a request that matched none.
pub(super) const UNMATCHED: &str = "unmatched";

/// How many combinations of labels have handles. Others are measured without: the same numbers, at the price
/// of the labels.
const HANDLES: usize = 1024;

/// How many routes, or hosts, are told apart before the labels' budgets are asked.
const PLACES: usize = 512;

/// The instruments of one side.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    duration: Histogram,
    head: Option<Histogram>,
    request_size: Histogram,
    response_size: Histogram,
    active: UpDownCounter,
}

/// What a layer measures with.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) side: Side,
    instruments: Instruments,
    pub(super) classifiers: Classifiers,
    metrics: Metrics,
    settings: Settings,
    /// Routes of a server, authorities of a client.
    places: Names,
    templates: Names,
    ended: Table<(Key, Series)>,
    heads: Table<(Key, BoundHistogram)>,
    active: Table<(Key, BoundUpDownCounter)>,
}

/// What a program says of a layer.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// The labels that all of it has.
    pub(super) constants: Vec<(&'static Attribute, String)>,
    pub(super) active_by_route: bool,
    pub(super) tls: bool,
    pub(super) skip: Vec<String>,
    pub(super) routes: Option<Arc<Routes>>,
}

#[derive(Debug)]
struct Series {
    duration: BoundHistogram,
    request_size: BoundHistogram,
    response_size: BoundHistogram,
}

/// What is measured at the end of an exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) seconds: f64,
    pub(super) request_size: Option<u64>,
    pub(super) response_size: Option<u64>,
}

impl Metrics {
    pub(super) fn server(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::SERVER_DURATION),
            head: Some(instruments.histogram(&definitions::RESPONSE_HEAD_DURATION)),
            request_size: instruments.histogram(&definitions::SERVER_REQUEST_SIZE),
            response_size: instruments.histogram(&definitions::SERVER_RESPONSE_SIZE),
            active: instruments.up_down_counter(&definitions::SERVER_ACTIVE),
        }
    }

    pub(super) fn client(instruments: &Instruments) -> Self {
        Self {
            duration: instruments.histogram(&definitions::CLIENT_DURATION),
            head: None,
            request_size: instruments.histogram(&definitions::CLIENT_REQUEST_SIZE),
            response_size: instruments.histogram(&definitions::CLIENT_RESPONSE_SIZE),
            active: instruments.up_down_counter(&definitions::CLIENT_ACTIVE),
        }
    }
}

impl Meter {
    #[cfg(feature = "telemetry")]
    pub(super) fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    pub(super) fn new(side: Side, instruments: &Instruments, metrics: &Metrics, settings: Settings) -> Self {
        Self {
            side,
            instruments: instruments.clone(),
            classifiers: instruments.classifiers(),
            metrics: metrics.clone(),
            settings,
            places: Names::new(PLACES),
            templates: Names::new(PLACES),
            ended: Table::new(HANDLES),
            heads: Table::new(HANDLES),
            active: Table::new(HANDLES),
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The number of a route or an authority.
    #[inline]
    pub(super) fn place(&self, text: &str) -> Name {
        self.places.name(text)
    }

    /// The route of this number; nothing where none was matched.
    pub(super) fn route(&self, place: Name) -> Option<&str> {
        match place {
            Name::NONE => None,
            Name::OTHER => Some(OTHER),
            place => self.places.text(place),
        }
    }

    /// The number of a URL's template.
    pub(super) fn template(&self, text: &str) -> Name {
        self.templates.name(text)
    }

    /// A request begins, or ends, to be under way.
    #[inline]
    pub(super) fn under_way(&self, key: Key, add: i64) {
        let key = self.key_under_way(key);
        let is = |(known, _): &(Key, BoundUpDownCounter)| *known == key;
        let make = || (key, self.metrics.active.bind(&self.labels_under_way(key)));
        match self.active.find(key.hash(), is).or_else(|| self.active.add(key.hash(), is, make)) {
            Some((_, (_, bound))) => bound.add(add),
            None => self.metrics.active.add(add, &self.labels_under_way(key)),
        }
    }

    /// A request that is under way has another route than was known.
    pub(super) fn moved(&self, key: Key, to: Name) {
        if self.side == Side::Server && self.settings.active_by_route && key.place() != to {
            self.under_way(key.with_place(to), 1);
            self.under_way(key, -1);
        }
    }

    /// The response's head is there.
    #[inline]
    pub(super) fn head(&self, key: Key, seconds: f64) {
        let Some(head) = &self.metrics.head else { return };
        let is = |(known, _): &(Key, BoundHistogram)| *known == key;
        let make = || (key, head.bind(&self.labels(key)));
        match self.heads.find(key.hash(), is).or_else(|| self.heads.add(key.hash(), is, make)) {
            Some((_, (_, bound))) => bound.record(seconds),
            None => head.record(seconds, &self.labels(key)),
        }
    }

    /// An exchange is over.
    #[inline]
    pub(super) fn ended(&self, key: Key, measured: &Measured) {
        let is = |(known, _): &(Key, Series)| *known == key;
        let make = || (key, self.bind(key));
        if let Some((_, (_, series))) = self.ended.find(key.hash(), is).or_else(|| self.ended.add(key.hash(), is, make))
        {
            series.duration.record(measured.seconds);
            if let Some(size) = measured.request_size {
                series.request_size.record(size as f64);
            }
            if let Some(size) = measured.response_size {
                series.response_size.record(size as f64);
            }
        } else {
            self.ended_without_handle(key, measured);
        }
    }

    #[cold]
    fn ended_without_handle(&self, key: Key, measured: &Measured) {
        let labels = self.labels_at_end(key);
        self.metrics.duration.record(measured.seconds, &labels);
        if let Some(size) = measured.request_size {
            self.metrics.request_size.record(size as f64, &labels);
        }
        if let Some(size) = measured.response_size {
            self.metrics.response_size.record(size as f64, &labels);
        }
    }

    fn bind(&self, key: Key) -> Series {
        let labels = self.labels_at_end(key);
        Series {
            duration: self.metrics.duration.bind(&labels),
            request_size: self.metrics.request_size.bind(&labels),
            response_size: self.metrics.response_size.bind(&labels),
        }
    }

    fn key_under_way(&self, key: Key) -> Key {
        let key = key.under_way(self.side);
        if self.side == Side::Server && !self.settings.active_by_route { key.with_place(Name::NONE) } else { key }
    }

    fn labels_under_way(&self, key: Key) -> Labels {
        let labels = self.labels_of_request(key);
        match self.side {
            Side::Server if self.settings.active_by_route => self.with_route(labels, key),
            Side::Server => labels,
            Side::Client => self.with_target(labels, key),
        }
    }

    fn labels(&self, key: Key) -> Labels {
        let labels = self
            .labels_of_request(key)
            .set(&definitions::PROTOCOL_VERSION, key.version().as_str())
            .set_some(&definitions::STATUS_CODE, key.status().map(|status| status.to_string()));
        match self.side {
            Side::Server => self.with_route(labels, key),
            Side::Client => self.with_target(labels, key),
        }
    }

    fn labels_at_end(&self, key: Key) -> Labels {
        let end = key.end();
        self.labels(key).set(&OUTCOME, end.outcome.as_str()).set_some(&definitions::ERROR_TYPE, end.error_type())
    }

    fn labels_of_request(&self, key: Key) -> Labels {
        let labels = self.instruments.labels().set(&definitions::METHOD, key.method().as_str());
        match self.side {
            Side::Server => {
                let labels = labels.set(&definitions::SCHEME, key.scheme().as_str());
                self.settings.constants.iter().fold(labels, |labels, (attribute, value)| labels.set(attribute, value))
            }
            Side::Client => labels,
        }
    }

    fn with_route(&self, labels: Labels, key: Key) -> Labels {
        labels.set(&definitions::ROUTE, self.route(key.place()).unwrap_or(UNMATCHED))
    }

    fn with_target(&self, labels: Labels, key: Key) -> Labels {
        let labels = labels.set_some(&definitions::URL_TEMPLATE, self.template_text(key.template()));
        match self.places.text(key.place()) {
            Some(authority) => {
                let (host, port) = super::client::target(authority, key.scheme());
                labels
                    .set(&attribute::SERVER_ADDRESS, host)
                    .set_some(&attribute::SERVER_PORT, port.map(|port| port.to_string()))
            }
            None => labels.set(&attribute::SERVER_ADDRESS, OTHER),
        }
    }

    pub(super) fn template_text(&self, name: Name) -> Option<&str> {
        match name {
            Name::NONE => None,
            Name::OTHER => Some(OTHER),
            name => self.templates.text(name),
        }
    }
}

/// The same settings, with handles of its own.
impl Clone for Meter {
    fn clone(&self) -> Self {
        Self::new(self.side, &self.instruments, &self.metrics, self.settings.clone())
    }
}
