//! Prometheus protobuf: messages `io.prometheus.client.MetricFamily`, each with its length before it.
//!
//! Exponential histograms are native histograms here. The fields are those of `metrics.proto` in
//! `prometheus/client_model`.

use std::time::{SystemTime, UNIX_EPOCH};

use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len},
};

use super::{TARGET_HELP, exemplar};
use crate::{
    exemplar::Exemplar,
    pull::{
        family::{self, Exponential, Families, Kind, Labels, Series, Value},
        translate::Naming,
    },
};

/// Fields of `Metric`.
const LABEL: u32 = 1;
const GAUGE: u32 = 2;
const COUNTER: u32 = 3;
const HISTOGRAM: u32 = 7;

/// The field of `MetricFamily` that holds a `Metric`.
const METRIC: u32 = 4;

/// `MetricFamily` without its metrics.
#[derive(Clone, PartialEq, Message)]
struct Header {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    help: String,
    #[prost(int32, tag = "3")]
    kind: i32,
    #[prost(string, tag = "5")]
    unit: String,
}

#[derive(Clone, PartialEq, Message)]
struct LabelPair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Gauge {
    #[prost(double, tag = "1")]
    value: f64,
}

#[derive(Clone, PartialEq, Message)]
struct Counter {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(message, optional, tag = "2")]
    exemplar: Option<Sample>,
    #[prost(message, optional, tag = "3")]
    created: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(double, tag = "2")]
    sum: f64,
    #[prost(message, repeated, tag = "3")]
    buckets: Vec<Bucket>,
    #[prost(message, optional, tag = "15")]
    created: Option<Timestamp>,
    #[prost(sint32, tag = "5")]
    schema: i32,
    #[prost(double, tag = "6")]
    zero_threshold: f64,
    #[prost(uint64, tag = "7")]
    zero_count: u64,
    #[prost(message, repeated, tag = "9")]
    negative_spans: Vec<Span>,
    #[prost(sint64, repeated, packed = "false", tag = "10")]
    negative_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "12")]
    positive_spans: Vec<Span>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    positive_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "16")]
    exemplars: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Bucket {
    #[prost(uint64, tag = "1")]
    cumulative_count: u64,
    #[prost(double, tag = "2")]
    upper_bound: f64,
    #[prost(message, optional, tag = "3")]
    exemplar: Option<Sample>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(sint32, tag = "1")]
    offset: i32,
    #[prost(uint32, tag = "2")]
    length: u32,
}

/// `Exemplar`.
#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<LabelPair>,
    #[prost(double, tag = "2")]
    value: f64,
    #[prost(message, optional, tag = "3")]
    time: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

pub(super) fn encode(families: &Families, out: &mut Vec<u8>) {
    let naming = families.naming();
    let mut message = Vec::new();
    for family in families.iter() {
        let name = &family.name;
        let (kind, unit) = (kind(family.kind), name.unit.clone());
        begin(&mut message, Header { name: name.full.clone(), help: family.help.clone(), kind, unit });
        for since in families.since(family) {
            for series in since.series() {
                metric(&mut message, series, family.kind, since.started, naming);
            }
        }
        end(&mut message, out);
    }
    if let Some(labels) = families.target() {
        let (name, help) = (families.own_name("target_info"), TARGET_HELP.to_owned());
        begin(&mut message, Header { name, help, kind: kind(Kind::Gauge), unit: String::new() });
        field(&mut message, labels, GAUGE, &Gauge { value: 1.0 });
        end(&mut message, out);
    }
}

fn kind(kind: Kind) -> i32 {
    match kind {
        Kind::Counter => 0,
        Kind::Gauge => 1,
        Kind::Histogram => 4,
    }
}

fn begin(message: &mut Vec<u8>, header: Header) {
    message.clear();
    message.extend_from_slice(&header.encode_to_vec());
}

fn end(message: &mut Vec<u8>, out: &mut Vec<u8>) {
    encode_varint(message.len() as u64, out);
    out.append(message);
}

fn metric(message: &mut Vec<u8>, series: &Series, family: Kind, started: SystemTime, naming: Naming) {
    let created = Some(timestamp(started));
    let labels = &series.labels;
    match &series.value {
        Value::Number(value) if family == Kind::Counter => {
            let exemplar = series.exemplars().first().map(|exemplar| sample(exemplar, naming));
            field(message, labels, COUNTER, &Counter { value: value.as_f64(), exemplar, created });
        }
        Value::Number(value) => field(message, labels, GAUGE, &Gauge { value: value.as_f64() }),
        Value::Histogram(value) => {
            let value = Histogram { created, ..histogram(value, series.exemplars(), naming) };
            field(message, labels, HISTOGRAM, &value);
        }
        Value::Exponential(value) => {
            let value = Histogram { created, ..exponential(value, series.exemplars(), naming) };
            field(message, labels, HISTOGRAM, &value);
        }
    }
}

/// A `Metric`: its labels, and one of the fields for its value.
fn field(message: &mut Vec<u8>, labels: &Labels, tag: u32, value: &impl Message) {
    let pairs: Vec<_> = labels.pairs().collect();
    let pair_length =
        |name: &str, value: &str| key_len(1) + delimited(name.len()) + key_len(2) + delimited(value.len());
    let mut length = key_len(tag) + delimited(value.encoded_len());
    for (name, value) in &pairs {
        length += key_len(LABEL) + delimited(pair_length(name, value));
    }
    encode_key(METRIC, WireType::LengthDelimited, message);
    encode_varint(length as u64, message);
    for (name, value) in &pairs {
        encode_key(LABEL, WireType::LengthDelimited, message);
        encode_varint(pair_length(name, value) as u64, message);
        for (tag, text) in [(1, name), (2, value)] {
            encode_key(tag, WireType::LengthDelimited, message);
            encode_varint(text.len() as u64, message);
            message.extend_from_slice(text.as_bytes());
        }
    }
    prost::encoding::message::encode(tag, value, message);
}

/// How long something of a length is, with its length before it.
fn delimited(length: usize) -> usize {
    encoded_len_varint(length as u64) + length
}

fn histogram(histogram: &family::Histogram, exemplars: &[Exemplar], naming: Naming) -> Histogram {
    let bounds = histogram.bounds.values.iter().copied().chain([f64::INFINITY]);
    let counts = bounds.zip(&histogram.counts).scan(0, |cumulative, (bound, count)| {
        *cumulative += count;
        Some((bound, *cumulative))
    });
    Histogram {
        count: histogram.count,
        sum: histogram.sum.as_f64(),
        buckets: buckets(counts, exemplars, naming),
        ..Histogram::default()
    }
}

fn exponential(histogram: &Exponential, exemplars: &[Exemplar], naming: Naming) -> Histogram {
    let (count, sum) = (histogram.count, histogram.sum.as_f64());
    let Some(native) = histogram.native() else {
        // Wider than a native histogram can be. Count and sum are better than nothing.
        let bounds = histogram.buckets().into_iter().chain([(f64::INFINITY, count)]);
        return Histogram { count, sum, buckets: buckets(bounds, exemplars, naming), ..Histogram::default() };
    };
    Histogram {
        count,
        sum,
        schema: native.schema,
        zero_threshold: native.zero_threshold,
        zero_count: native.zero_count,
        negative_spans: spans(&native.negative.runs),
        negative_deltas: native.negative.deltas,
        positive_spans: spans(&native.positive.runs),
        positive_deltas: native.positive.deltas,
        exemplars: exemplars.iter().map(|exemplar| sample(exemplar, naming)).collect(),
        ..Histogram::default()
    }
}

fn buckets(counts: impl Iterator<Item = (f64, u64)>, mut exemplars: &[Exemplar], naming: Naming) -> Vec<Bucket> {
    counts
        .map(|(upper_bound, cumulative_count)| Bucket {
            cumulative_count,
            upper_bound,
            exemplar: exemplar::take_up_to(&mut exemplars, upper_bound).map(|exemplar| sample(exemplar, naming)),
        })
        .collect()
}

fn spans(runs: &[(i32, u32)]) -> Vec<Span> {
    runs.iter().map(|(offset, length)| Span { offset: *offset, length: *length }).collect()
}

fn sample(exemplar: &Exemplar, naming: Naming) -> Sample {
    let mut labels = Vec::with_capacity(2);
    exemplar::each_label(exemplar, naming, |name, value| {
        labels.push(LabelPair { name: name.to_owned(), value: value.into_owned() });
    });
    Sample { labels, value: exemplar.value, time: Some(timestamp(exemplar.time)) }
}

fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp { seconds: since.as_secs() as i64, nanos: since.subsec_nanos() as i32 }
}
