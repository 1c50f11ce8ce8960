use std::fmt;

use super::Processor;

/// Traces: which are recorded, and where they go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traces {
    /// Each gets every span that is sampled.
    pub processors: Vec<Processor>,
    /// Which traces are sampled.
    pub sampler: Sampler,
    /// What is left of large spans.
    pub limits: SpanLimits,
}

/// Which traces are sampled.
#[derive(Clone, Debug, PartialEq)]
pub enum Sampler {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// A share of them, 0 to 1, chosen by the trace's id.
    TraceIdRatio(f64),
    /// As the parent says, which is another process's span (remote) or one of this process (local).
    ParentBased(Box<ParentBased>),
}

/// What is asked by the parent's decision.
#[derive(Clone, Debug, PartialEq)]
pub struct ParentBased {
    /// There is no parent.
    pub root: Sampler,
    /// The parent is remote and sampled.
    pub remote_sampled: Sampler,
    /// The parent is remote and not sampled.
    pub remote_not_sampled: Sampler,
    /// The parent is local and sampled.
    pub local_sampled: Sampler,
    /// The parent is local and not sampled.
    pub local_not_sampled: Sampler,
}

/// What is left of large spans (specification, "Span Limits").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanLimits {
    /// How many characters of a value of an attribute are kept. `None` keeps all.
    pub attribute_value_length: Option<usize>,
    /// How many attributes of a span are kept.
    pub attributes: u32,
    /// How many events of a span are kept.
    pub events: u32,
    /// How many links of a span are kept.
    pub links: u32,
    /// How many attributes of an event are kept.
    pub event_attributes: u32,
    /// How many attributes of a link are kept.
    pub link_attributes: u32,
}

impl Sampler {
    /// Follows the parent's decision; where there is none, asks `root`.
    pub fn parent_based(root: Self) -> Self {
        Self::ParentBased(Box::new(ParentBased::new(root)))
    }
}

impl ParentBased {
    /// The specification's: a parent's decision is followed.
    pub fn new(root: Sampler) -> Self {
        Self {
            root,
            remote_sampled: Sampler::AlwaysOn,
            remote_not_sampled: Sampler::AlwaysOff,
            local_sampled: Sampler::AlwaysOn,
            local_not_sampled: Sampler::AlwaysOff,
        }
    }
}

impl SpanLimits {
    /// Each of the numbers when nothing else is said.
    pub const DEFAULT_COUNT: u32 = 128;
}

/// `parentbased_always_on`, the specification's default.
impl Default for Sampler {
    fn default() -> Self {
        Self::parent_based(Self::AlwaysOn)
    }
}

impl Default for SpanLimits {
    fn default() -> Self {
        Self {
            attribute_value_length: None,
            attributes: Self::DEFAULT_COUNT,
            events: Self::DEFAULT_COUNT,
            links: Self::DEFAULT_COUNT,
            event_attributes: Self::DEFAULT_COUNT,
            link_attributes: Self::DEFAULT_COUNT,
        }
    }
}

/// `parentbased_traceidratio 0.25`: as `OTEL_TRACES_SAMPLER` names it, with its argument.
impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlwaysOn => f.write_str("always_on"),
            Self::AlwaysOff => f.write_str("always_off"),
            Self::TraceIdRatio(share) => write!(f, "traceidratio {share}"),
            Self::ParentBased(branches) => {
                let ParentBased { root, remote_sampled, remote_not_sampled, local_sampled, local_not_sampled } =
                    &**branches;
                write!(f, "parentbased_{root}")?;
                let usual = ParentBased::new(root.clone());
                for (branch, sampler, usual) in [
                    ("remote sampled", remote_sampled, usual.remote_sampled),
                    ("remote not sampled", remote_not_sampled, usual.remote_not_sampled),
                    ("local sampled", local_sampled, usual.local_sampled),
                    ("local not sampled", local_not_sampled, usual.local_not_sampled),
                ] {
                    if *sampler != usual {
                        write!(f, ", {branch}: {sampler}")?;
                    }
                }
                Ok(())
            }
        }
    }
}
