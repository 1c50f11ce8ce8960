//! A bench of telecine's test kit, read in the words of these tests.

use std::collections::BTreeMap;

use telecine::data::Data;
use telecine::media::Media;
use telecine::opentelemetry_sdk::trace::SpanData;
use telecine::operation::Instruments;
use telecine::testing;
use telecine::work::Work;
use tracing::Dispatch;

pub(crate) struct Bench {
    pub(crate) instruments: Instruments,
    pub(crate) data: Data,
    pub(crate) media: Media,
    pub(crate) work: Work,
    kit: testing::Bench,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Sum(f64),
    Histogram { count: u64, sum: f64 },
}

impl Bench {
    pub(crate) fn new() -> Self {
        let kit = testing::Bench::new().unwrap();
        Self {
            instruments: kit.instruments().clone(),
            data: kit.data().clone(),
            media: kit.media().clone(),
            work: kit.work().clone(),
            kit,
        }
    }

    /// A subscriber that keeps spans.
    pub(crate) fn dispatch(&self) -> Dispatch {
        self.kit.dispatch().unwrap()
    }

    pub(crate) fn spans(&self) -> Vec<SpanData> {
        self.kit.spans().iter().map(|span| span.data().clone()).collect()
    }

    pub(crate) fn series(&self, name: &str) -> Vec<Series> {
        let metrics = self.kit.metrics();
        let series = metrics.select(name, &[]);
        series.series().iter().map(|series| Series::of(series)).collect()
    }

    /// The only series of an instrument.
    #[track_caller]
    pub(crate) fn one(&self, name: &str) -> Series {
        let mut all = self.series(name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all.remove(0)
    }

    /// The sum over all series.
    pub(crate) fn total(&self, name: &str) -> f64 {
        self.kit.metrics().select(name, &[]).sum()
    }
}

impl Series {
    fn of(series: &testing::Series) -> Self {
        let value = match &series.value {
            testing::Value::Number(number) => Value::Sum(*number),
            testing::Value::Histogram { count, sum, .. } => Value::Histogram { count: *count, sum: *sum },
        };
        Self { labels: series.labels.clone(), value }
    }

    pub(crate) fn count(&self) -> u64 {
        match self.value {
            Value::Histogram { count, .. } => count,
            Value::Sum(_) => panic!("not a histogram: {self:?}"),
        }
    }

    pub(crate) fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", String::as_str)
    }
}
