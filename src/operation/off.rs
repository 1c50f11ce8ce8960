//! The instruments of a program that was built without telemetry: the same names, and nothing in them.

use super::{Classifier, Classifiers};
use crate::catalog::{Attribute, Instrument};

macro_rules! nothing {
    ($($name:ident: $doc:literal),* $(,)?) => {
        $(#[doc = $doc] #[derive(Clone, Debug)] pub struct $name;)*
    };
}

nothing! {
    Instruments: "Makes instruments that record nothing.",
    Labels: "Labels of nothing.",
    Counter: "A counter of things or bytes.",
    TimeCounter: "A counter of seconds.",
    UpDownCounter: "An up-down counter.",
    Histogram: "A histogram.",
    Gauge: "A gauge.",
    BoundCounter: "One series of a counter.",
    BoundTimeCounter: "One series of a counter of seconds.",
    BoundUpDownCounter: "One series of an up-down counter.",
    BoundHistogram: "One series of a histogram.",
    InFlight: "Counts as one until it is dropped.",
    Observed: "Values that nobody asks for.",
}

/// Gives values to nobody.
#[derive(Clone, Debug)]
pub struct Observer<'a>(std::marker::PhantomData<&'a ()>);

#[allow(missing_docs)] // Those of the same names in `instruments` say what they are for.
impl Instruments {
    pub fn noop() -> Self {
        Self
    }

    #[must_use]
    pub fn with_classifiers(self, _: impl IntoIterator<Item = Classifier>) -> Self {
        self
    }

    pub fn labels(&self) -> Labels {
        Labels
    }

    pub fn refused_labels(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    pub fn release_label(&self, _: &Attribute, _: impl AsRef<str>) {}

    pub fn observe(&self, _: &'static Instrument, _: impl Fn(&mut Observer<'_>) + Send + Sync + 'static) -> Observed {
        Observed
    }

    pub(crate) fn classifiers(&self) -> Classifiers {
        Classifiers::default()
    }

    pub fn counter(&self, _: &'static Instrument) -> Counter {
        Counter
    }

    pub fn time_counter(&self, _: &'static Instrument) -> TimeCounter {
        TimeCounter
    }

    pub fn up_down_counter(&self, _: &'static Instrument) -> UpDownCounter {
        UpDownCounter
    }

    pub fn histogram(&self, _: &'static Instrument) -> Histogram {
        Histogram
    }

    pub fn gauge(&self, _: &'static Instrument) -> Gauge {
        Gauge
    }
}

#[allow(missing_docs)]
impl Labels {
    #[must_use]
    pub fn set(self, _: &Attribute, _: impl AsRef<str>) -> Self {
        self
    }

    #[must_use]
    pub fn set_some(self, _: &Attribute, _: Option<impl AsRef<str>>) -> Self {
        self
    }

    #[cfg(feature = "object-store")]
    pub(crate) fn value(&self, _: &Attribute) -> Option<String> {
        None
    }
}

#[allow(missing_docs)]
impl Observed {
    pub fn nothing() -> Self {
        Self
    }
}

impl FromIterator<Observed> for Observed {
    fn from_iter<I: IntoIterator<Item = Self>>(_: I) -> Self {
        Self
    }
}

#[allow(missing_docs)]
impl Observer<'_> {
    pub fn observe(&mut self, _: f64, _: &Labels) {}
}

macro_rules! recorders {
    ($($name:ident => $bound:ident, $method:ident, $value:ty);* $(;)?) => {
        $(
            #[allow(missing_docs)]
            impl $name {
                pub fn $method(&self, _: $value, _: &Labels) {}

                pub fn bind(&self, _: &Labels) -> $bound {
                    $bound
                }
            }

            #[allow(missing_docs)]
            impl $bound {
                #[inline]
                pub fn $method(&self, _: $value) {}
            }
        )*
    };
}

recorders! {
    Counter => BoundCounter, add, u64;
    TimeCounter => BoundTimeCounter, add, f64;
    UpDownCounter => BoundUpDownCounter, add, i64;
    Histogram => BoundHistogram, record, f64;
}

#[allow(missing_docs)]
impl UpDownCounter {
    pub fn hold(&self, _: &Labels) -> InFlight {
        InFlight
    }
}

#[allow(missing_docs)]
impl Counter {
    pub fn publish(&self, _: &Labels) {}
}

#[allow(missing_docs)]
impl Histogram {
    pub fn publish(&self, _: &Labels) {}
}

#[allow(missing_docs)]
impl Gauge {
    pub fn set(&self, _: f64, _: &Labels) {}
}
