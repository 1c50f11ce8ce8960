//! Aggregations: which labels are left.

use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

use super::{Shape, VARIABLE_NAME, Walk, Wanted};
use crate::check::Code;
use crate::check::known::{Labels, Values};

impl Walk<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &AggregateExpr, wanted: Wanted) -> Shape {
        let AggregateExpr { op, expr, param, modifier } = aggregate;
        let operator = op.to_string();
        let wanted = match operator.as_str() {
            "count" | "group" | "count_values" => Wanted::Presence,
            _ => wanted,
        };
        let inner = self.expression(expr, wanted);
        if let Some(param) = param {
            self.expression(param, Wanted::Value);
        }
        if inner.is_quantile && ["avg", "sum"].contains(&operator.as_str()) {
            let reason =
                format!("{operator} of quantiles means nothing: aggregate the buckets, then take the quantile");
            self.problem(Code::AverageOfQuantiles, &operator, reason);
        }
        let mut shape = match operator.as_str() {
            // They choose among series.
            "topk" | "bottomk" | "limitk" | "limit_ratio" => {
                self.kept(modifier.as_ref(), &inner, &operator);
                return inner;
            }
            "sum" => Shape { highest: None, is_quantile: false, ..inner.clone() },
            "min" | "max" | "avg" => inner.clone(),
            "quantile" => Shape { highest: inner.highest, ..inner.clone().changed() },
            _ => inner.clone().changed(),
        };
        shape.labels = self.kept(modifier.as_ref(), &inner, &operator);
        if let (Some(Expr::StringLiteral(label)), "count_values") = (param.as_deref(), operator.as_str()) {
            shape.labels.insert(&label.val, Values::Any);
        }
        shape.certain.retain(|label| shape.labels.get(label).is_some());
        if let Some(source) = &mut shape.source {
            source.metric = format!("{operator} {}", source.metric);
        }
        shape
    }

    /// The labels that `by` or `without` leave.
    fn kept(&mut self, modifier: Option<&LabelModifier>, inner: &Shape, operator: &str) -> Labels {
        let is_closed = !inner.labels.open;
        match modifier {
            None => Labels::default(),
            Some(LabelModifier::Include(wanted)) => {
                let mut labels = Labels::default();
                for label in &wanted.labels {
                    if label.contains(VARIABLE_NAME) {
                        labels.open = true;
                        continue;
                    }
                    if is_closed && !inner.may_have(label) {
                        self.unknown_label(label, inner, &format!("{operator} by"));
                    }
                    labels.insert(label, inner.labels.get(label).cloned().unwrap_or(Values::Any));
                }
                labels
            }
            Some(LabelModifier::Exclude(unwanted)) => {
                let mut labels = inner.labels.clone();
                for label in &unwanted.labels {
                    let was_there = labels.remove(label).is_some() || !is_closed || label.contains(VARIABLE_NAME);
                    if !was_there {
                        let reason = format!("`{label}` in {operator} without (…) takes nothing away: it is not there");
                        self.problem(Code::UselessWithout, label, reason);
                    }
                }
                labels
            }
        }
    }
}
