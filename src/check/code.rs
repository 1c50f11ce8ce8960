//! The sorts of finding. `docs/checking.md` has an example of each, and the cure.

use std::fmt;
use std::str::FromStr;

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident $code:literal $severity:ident;)+) => {
        /// A sort of finding. Its name stays the same from release to release.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name, as it stands in brackets behind a finding.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }
        }
    };
}

codes! {
    /// The file is not JSON or not YAML, or is neither a dashboard nor a file of rules.
    File "file" Error;
    /// The query does not parse.
    Syntax "syntax" Error;
    /// No metric of that name is known.
    UnknownMetric "unknown-metric" Error;
    /// The catalogue declares the metric, and the scrape does not have it.
    NeverWritten "never-written" Error;
    /// A rule records something that never has a series.
    DeadRecord "dead-record" Error;
    /// The metric does not have that label.
    UnknownLabel "unknown-label" Error;
    /// `without` names a label that is not there.
    UselessWithout "useless-without" Warning;
    /// A matcher on a label that the metric does not have, which lets everything through.
    UselessMatcher "useless-matcher" Warning;
    /// The label never has that value.
    UnknownValue "unknown-value" Error;
    /// One of the values that a matcher names is never there.
    UselessValue "useless-value" Warning;
    /// `le` is spelled as only one way of delivery spells it.
    LeSpelling "le-spelling" Warning;
    /// The rate of what goes up and down.
    RateOfGauge "rate-of-gauge" Error;
    /// A counter as it is, which says how long the program has been running.
    RawCounter "raw-counter" Warning;
    /// `quantile` is a label of summaries, and this is a histogram.
    QuantileLabel "quantile-label" Error;
    /// `histogram_quantile` over something that has no buckets.
    QuantileWithoutBuckets "quantile-without-buckets" Error;
    /// `histogram_quantile` over buckets whose `le` was aggregated away.
    QuantileWithoutLe "quantile-without-le" Error;
    /// A threshold that the quantile cannot pass.
    ThresholdAboveBuckets "threshold-above-buckets" Error;
    /// The average of quantiles.
    AverageOfQuantiles "average-of-quantiles" Warning;
    /// Each series is divided by itself.
    DividedByItself "divided-by-itself" Warning;
    /// The two sides of an operator never have the same labels.
    NeverMatches "never-matches" Error;
    /// The two sides of an operator have different labels, and match only where those are empty.
    LabelsDiffer "labels-differ" Warning;
    /// The range holds one sample at most.
    EmptyRange "empty-range" Error;
    /// The range is shorter than four scrape intervals.
    ShortRange "short-range" Warning;
    /// A dashboard's rate over a range that does not follow its resolution.
    FixedRange "fixed-range" Warning;
    /// `absent` fires as soon as Prometheus starts.
    AbsentAtOnce "absent-at-once" Warning;
    /// An alert's label changes with every evaluation.
    ValueInLabel "value-in-label" Error;
    /// An alert or a record that is there twice.
    DuplicateRule "duplicate-rule" Warning;
    /// A job or an instance that is written out.
    FixedTarget "fixed-target" Warning;
    /// A query names a variable that the dashboard does not have.
    UnknownVariable "unknown-variable" Error;
    /// `schemaVersion` is not that of the current classic schema.
    SchemaVersion "schema-version" Warning;
    /// The dashboard has no `uid`.
    NoUid "no-uid" Warning;
    /// Two dashboards have one `uid`.
    DuplicateUid "duplicate-uid" Error;
    /// Two panels have one id, or a panel has none.
    PanelId "panel-id" Error;
    /// A panel lies outside of the grid.
    OffGrid "off-grid" Warning;
    /// Two panels lie on each other.
    Overlap "overlap" Warning;
    /// A link to a dashboard that is not among the files.
    BrokenLink "broken-link" Warning;
    /// A data source that is written out.
    FixedDatasource "fixed-datasource" Warning;
    /// A panel without a query.
    NoQuery "no-query" Warning;
    /// A panel without a title.
    NoTitle "no-title" Warning;
    /// A panel without a description.
    NoDescription "no-description" Warning;
    /// A panel without a unit.
    NoUnit "no-unit" Warning;
    /// Everybody may change the dashboard, and the next provisioning changes it back.
    Editable "editable" Warning;
    /// The dashboard asks more often than there is something new.
    FastRefresh "fast-refresh" Warning;
    /// A variable is not as dashboards expect it.
    Variable "variable" Warning;
}

/// A name that no code has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no code of a finding")]
pub struct UnknownCode(String);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = Self::ALL.iter().find(|code| code.as_str() == text);
        code.copied().ok_or_else(|| UnknownCode(text.to_owned()))
    }
}
