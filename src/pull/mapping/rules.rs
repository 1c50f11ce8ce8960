//! The rules, as plain data.

/// What the endpoint makes of the metrics that it collects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// What becomes of metrics that no rule matches.
    pub unmatched: Unmatched,
    /// Each gives a metric for every one that it matches.
    pub rules: Vec<Rule>,
}

/// What becomes of metrics that no rule matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmatched {
    /// They are shown as they are.
    #[default]
    Keep,
    /// They are not shown.
    Drop,
}

/// One rule: which series are meant, and what they become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Which series are meant (`match`).
    pub matches: Match,
    /// The name as it is served; nothing is added to it. `None` keeps the translated name.
    pub name: Option<String>,
    /// The text of HELP. `None` keeps the instrument's description.
    pub help: Option<String>,
    /// Takes a number of a histogram, as a counter. `None` takes all of it.
    pub take: Option<Take>,
    /// What becomes of the labels.
    pub labels: LabelRule,
}

/// Which series are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// The metric's OpenTelemetry name, after views; `*` stands for any characters, `?` for one.
    pub name: String,
    /// Attributes, by their keys: one of the values must fit, with `*` and `?`. `""` fits a missing one, and so
    /// does `*`. All of them must hold.
    pub labels: Vec<(String, Vec<String>)>,
}

/// A number of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// How many values there are.
    Count,
    /// What they add up to.
    Sum,
}

/// What becomes of labels: they are renamed, then kept or dropped, then translated, then added to. The
/// labels that the endpoint puts on every series (`resource_constant_labels`) stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelRule {
    /// From the attribute's key to the label as it is served. Labels that are not renamed have their
    /// translated names.
    pub rename: Vec<(String, String)>,
    /// Only these are kept, by their names as they are after `rename`. Not together with `drop`. What is
    /// not renamed depends on the translation: rename what is to hold under each.
    pub keep: Option<Vec<String>>,
    /// These are dropped, by their names as they are after `rename`.
    pub drop: Vec<String>,
    /// Labels with one value for all series; in place of one that is there.
    pub add: Vec<(String, String)>,
    /// By the label as it is served, what its values become: the entry that is equal, else the first that
    /// fits, with `*` and `?`; else the value stays. `""` is for a label that is missing, and a value that
    /// becomes `""` is none.
    pub values: Vec<(String, Vec<(String, String)>)>,
}

impl Match {
    /// Whether a metric of this name is meant.
    pub(crate) fn is_for(&self, metric: &str) -> bool {
        crate::views::pattern::matches(&self.name, metric)
    }
}
