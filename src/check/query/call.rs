//! Functions.

use promql_parser::label::MatchOp;
use promql_parser::parser::{Call, Expr};

use super::{Life, Shape, Walk, Wanted};
use crate::check::Code;
use crate::check::known::{Labels, Role, Values};

impl Walk<'_> {
    pub(super) fn call(&mut self, call: &Call, wanted: Wanted) -> Shape {
        let function = call.func.name;
        let arguments: Vec<&Expr> = call.args.args.iter().map(AsRef::as_ref).collect();
        match (function, arguments.as_slice()) {
            ("rate" | "irate" | "increase", [argument]) => self.change(function, argument),
            ("delta" | "idelta" | "deriv" | "changes" | "resets", [argument]) => {
                let shape = self.expression(argument, Wanted::Change);
                self.over(function, argument, shape).changed()
            }
            ("predict_linear" | "double_exponential_smoothing", [argument, others @ ..]) => {
                others.iter().for_each(|other| drop(self.expression(other, Wanted::Value)));
                let shape = self.expression(argument, wanted);
                self.over(function, argument, shape).changed()
            }
            ("absent" | "absent_over_time", [argument]) => self.absent(argument),
            ("present_over_time" | "count_over_time" | "timestamp", [argument]) => {
                self.expression(argument, Wanted::Presence).changed()
            }
            ("histogram_quantile", [_, argument]) => self.quantile(argument),
            ("histogram_quantiles", [argument, label, ..]) => {
                let mut shape = self.quantile(argument);
                if let Expr::StringLiteral(label) = label {
                    shape.labels.insert(&label.val, Values::Any);
                }
                shape
            }
            ("histogram_fraction", [_, _, argument]) => self.native(function, argument),
            (name, [argument]) if name.starts_with("histogram_") => self.native(name, argument),
            ("label_replace" | "label_join", [argument, others @ ..]) => {
                let shape = self.expression(argument, wanted);
                self.relabelled(function, shape, others)
            }
            ("vector", [argument]) => {
                let scalar = self.expression(argument, wanted);
                Shape { is_scalar: false, labels: Labels::default(), ..scalar }
            }
            ("scalar", [argument]) => {
                let shape = self.expression(argument, wanted);
                Shape { life: shape.life, ..Shape::scalar() }
            }
            ("info", [argument, ..]) => {
                let mut shape = self.expression(argument, wanted);
                shape.labels.open = true;
                shape
            }
            ("round" | "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc", [argument, ..]) => {
                self.expression(argument, wanted)
            }
            ("last_over_time" | "first_over_time", [argument]) => self.expression(argument, wanted),
            ("max_over_time" | "min_over_time" | "avg_over_time", [argument]) => {
                let shape = self.expression(argument, wanted);
                Shape { highest: shape.highest, is_quantile: shape.is_quantile, ..shape.changed() }
            }
            (_, arguments) => {
                let shapes: Vec<_> = arguments.iter().map(|argument| self.expression(argument, wanted)).collect();
                let series = shapes.into_iter().find(|shape| !shape.is_scalar);
                series.map_or_else(|| Shape::scalar_of(function), Shape::changed)
            }
        }
    }

    /// `rate` and its kin: of counters, and of what is made of them.
    fn change(&mut self, function: &str, argument: &Expr) -> Shape {
        let shape = self.expression(argument, Wanted::Change);
        if matches!(shape.role, Role::Gauge | Role::Quantile) && matches!(argument, Expr::MatrixSelector(_)) {
            let metric = shape.source.as_ref().map_or("this", |source| source.metric.as_str()).to_owned();
            let reason = format!(
                "{function} takes each fall of `{metric}` for a restart, and it goes up and down: use delta or deriv"
            );
            self.problem(Code::RateOfGauge, &metric, reason);
        }
        self.over(function, argument, shape).changed()
    }

    fn over(&mut self, function: &str, argument: &Expr, shape: Shape) -> Shape {
        match self.range(function, argument, &shape) {
            true => shape,
            false => Shape { life: Life::Dead, ..shape },
        }
    }

    /// There is an answer when there is none of what is asked about. It has the labels that are asked for by `=`.
    fn absent(&mut self, argument: &Expr) -> Shape {
        self.expression(argument, Wanted::Presence);
        let mut labels = Labels::default();
        let selector = match argument {
            Expr::VectorSelector(selector) => Some(selector),
            Expr::MatrixSelector(matrix) => Some(&matrix.vs),
            _ => None,
        };
        for matcher in selector.iter().flat_map(|selector| &selector.matchers.matchers) {
            if matches!(matcher.op, MatchOp::Equal) && matcher.name != "__name__" {
                labels.insert(&matcher.name, Values::Any);
            }
        }
        let certain = labels.names().map(str::to_owned).collect();
        Shape { is_absence: true, certain, ..Shape::of(labels, Role::Gauge) }
    }

    fn quantile(&mut self, argument: &Expr) -> Shape {
        let mut shape = self.expression(argument, Wanted::Value);
        let about = "histogram_quantile";
        let had_le = shape.labels.remove("le").is_some();
        shape.certain.remove("le");
        match shape.role {
            _ if shape.life == Life::Dead => {}
            Role::Bucket if !had_le => {
                shape.life = Life::Dead;
                let reason =
                    "histogram_quantile needs `le`, which the aggregation takes away: sum by (le, …)".to_owned();
                self.problem(Code::QuantileWithoutLe, about, reason);
            }
            Role::Bucket | Role::Native | Role::Unknown => {}
            _ => {
                shape.life = Life::Dead;
                let reason =
                    "histogram_quantile is of buckets, and this has none: ask for the series that ends in _bucket";
                self.problem(Code::QuantileWithoutBuckets, about, reason.to_owned());
            }
        }
        let highest =
            shape.bounds.as_ref().filter(|_| shape.role == Role::Bucket).and_then(|bounds| bounds.last().copied());
        Shape { role: Role::Gauge, highest, is_quantile: true, source: None, ..shape }
    }

    /// What only native histograms have.
    fn native(&mut self, function: &str, argument: &Expr) -> Shape {
        let mut shape = self.expression(argument, Wanted::Value);
        if shape.life != Life::Dead && !matches!(shape.role, Role::Native | Role::Unknown) {
            shape.life = Life::Dead;
            let reason = format!("{function} is of native histograms, and these are plain numbers");
            self.problem(Code::QuantileWithoutBuckets, function, reason);
        }
        Shape { role: Role::Gauge, ..shape }
    }

    /// `label_replace(v, to, _, from, _)` and `label_join(v, to, _, from…)`.
    fn relabelled(&mut self, function: &str, mut shape: Shape, others: &[&Expr]) -> Shape {
        let texts: Vec<&str> = others
            .iter()
            .filter_map(|other| match other {
                Expr::StringLiteral(text) => Some(text.val.as_str()),
                _ => None,
            })
            .collect();
        let [to, _, from @ ..] = texts.as_slice() else { return shape };
        let from = if function == "label_replace" { &from[..from.len().min(1)] } else { from };
        for label in from.iter().filter(|label| !label.is_empty()) {
            if !shape.may_have(label) {
                self.unknown_label(label, &shape, function);
            }
        }
        shape.labels.insert(to, Values::Any);
        shape
    }
}

impl Shape {
    /// What a function without series gives: `time()`, `hour()`.
    fn scalar_of(function: &str) -> Self {
        let is_vector = ["hour", "minute", "month", "year"].contains(&function) || function.starts_with("day");
        Self { is_scalar: !is_vector, ..Self::scalar() }
    }
}
