//! Our views in the SDK's form.

use std::sync::Arc;

use opentelemetry_sdk::metrics::{
    Aggregation as SdkAggregation, Instrument, MeterProviderBuilder, Stream as SdkStream,
};

use super::{Aggregation, Stream, Views};

impl Views {
    /// Gives the views to a meter provider.
    ///
    /// An instrument that nothing is said about is left alone. Of the bounds that an instrument was built
    /// with the SDK says nothing to a view, so a stream that has them keeps its aggregation open; the
    /// provider of [`Exemplars::wrap`](crate::exemplar::Exemplars::wrap) sees to it that there are some.
    pub fn add_to(self: &Arc<Self>, mut builder: MeterProviderBuilder) -> MeterProviderBuilder {
        // A view of the SDK makes one stream, so there is one for each that an instrument may have.
        for place in 0..self.rules.len().max(1) {
            let views = Arc::clone(self);
            builder = builder.with_view(move |instrument: &Instrument| views.sdk_stream(instrument, place));
        }
        builder
    }

    fn sdk_stream(&self, instrument: &Instrument, place: usize) -> Option<SdkStream> {
        let (name, kind, unit) = (instrument.name(), instrument.kind(), instrument.unit());
        let mut streams = self.streams(instrument.scope(), name, kind, unit);
        let is_only = streams.len() == 1;
        let stream = if place < streams.len() { streams.swap_remove(place) } else { return None };
        // Where another view matches, the SDK makes no stream but those of views.
        if is_only && stream == Stream::plain(name) {
            return None;
        }
        let mut builder = SdkStream::builder().with_name(stream.name).with_cardinality_limit(stream.cardinality_limit);
        if let Some(description) = stream.description {
            builder = builder.with_description(description);
        }
        if let Some(aggregation) = sdk_aggregation(stream.aggregation) {
            builder = builder.with_aggregation(aggregation);
        }
        if let Some(keys) = &stream.keys {
            builder = builder.with_allowed_attribute_keys(keys.iter().cloned());
        }
        // Bounds and limits were checked when the views were made.
        builder.build().ok()
    }
}

fn sdk_aggregation(aggregation: Aggregation) -> Option<SdkAggregation> {
    Some(match aggregation {
        Aggregation::Default => return None,
        Aggregation::Drop => SdkAggregation::Drop,
        Aggregation::Sum => SdkAggregation::Sum,
        Aggregation::LastValue => SdkAggregation::LastValue,
        Aggregation::Explicit { boundaries, record_min_max } => {
            SdkAggregation::ExplicitBucketHistogram { boundaries, record_min_max }
        }
        Aggregation::Exponential { max_size, max_scale, record_min_max } => {
            SdkAggregation::Base2ExponentialHistogram { max_size, max_scale, record_min_max }
        }
    })
}
