//! Our views in the SDK's form.

use std::sync::Arc;

use opentelemetry_sdk::metrics::{Aggregation as SdkAggregation, Instrument, Stream as SdkStream};

use super::{Aggregation, Stream, Views};

impl Views {
    /// The view to give to `MeterProviderBuilder::with_view`.
    ///
    /// It leaves an instrument alone that nothing is said about, since the SDK shows a view none of
    /// the bounds that the instrument was built with.
    pub fn sdk_view(self: Arc<Self>) -> impl Fn(&Instrument) -> Option<SdkStream> + Send + Sync + 'static {
        move |instrument| self.streams.get(instrument.name()).and_then(sdk_stream)
    }
}

fn sdk_stream(stream: &Stream) -> Option<SdkStream> {
    let mut builder = SdkStream::builder()
        .with_name(stream.name.clone())
        .with_cardinality_limit(stream.cardinality_limit)
        .with_aggregation(sdk_aggregation(&stream.aggregation));
    if let Some(keys) = &stream.keys {
        builder = builder.with_allowed_attribute_keys(keys.iter().cloned());
    }
    // Bounds and limits were checked when the views were made.
    builder.build().ok()
}

fn sdk_aggregation(aggregation: &Aggregation) -> SdkAggregation {
    match aggregation {
        Aggregation::Default => SdkAggregation::Default,
        Aggregation::Drop => SdkAggregation::Drop,
        Aggregation::Sum => SdkAggregation::Sum,
        Aggregation::LastValue => SdkAggregation::LastValue,
        Aggregation::Explicit { boundaries, record_min_max } => {
            SdkAggregation::ExplicitBucketHistogram { boundaries: boundaries.clone(), record_min_max: *record_min_max }
        }
        Aggregation::Exponential { max_size, max_scale, record_min_max } => SdkAggregation::Base2ExponentialHistogram {
            max_size: *max_size,
            max_scale: *max_scale,
            record_min_max: *record_min_max,
        },
    }
}
