//! Operators: which series meet, and whether a threshold can be passed.

use std::collections::BTreeSet;

use promql_parser::parser::{BinaryExpr, Expr, LabelModifier, VectorMatchCardinality};

use super::{Life, Shape, Walk, Wanted};
use crate::check::Code;
use crate::check::known::{Labels, Values};

const COMPARISONS: [&str; 6] = ["==", "!=", ">", "<", ">=", "<="];

/// Which labels have to be equal.
enum Matching<'a> {
    On(&'a [String]),
    Ignoring(&'a [String]),
}

impl Walk<'_> {
    pub(super) fn binary(&mut self, binary: &BinaryExpr, wanted: Wanted) -> Shape {
        let operator = binary.op.to_string();
        let operator = operator.as_str();
        let of_right = if ["and", "unless"].contains(&operator) { Wanted::Presence } else { wanted };
        // `x unless x offset 5m` is what came to be in five minutes.
        let is_new =
            operator == "unless" && matches!(&*binary.rhs, Expr::VectorSelector(past) if past.offset.is_some());
        let left = self.expression(&binary.lhs, if is_new { Wanted::Presence } else { wanted });
        let right = self.expression(&binary.rhs, of_right);
        match (left.is_scalar, right.is_scalar) {
            (true, true) => numbers(operator, &left, &right),
            (false, true) => self.with_number(operator, left, &right, false),
            (true, false) => self.with_number(operator, right, &left, true),
            (false, false) => self.vectors(operator, binary, left, right),
        }
    }

    /// Series and a number.
    fn with_number(&mut self, operator: &str, series: Shape, scalar: &Shape, is_reversed: bool) -> Shape {
        let series = match scalar.life {
            Life::Dead => Shape { life: Life::Dead, ..series },
            _ => series,
        };
        if COMPARISONS.contains(&operator) {
            return self.threshold(operator, series, scalar, is_reversed);
        }
        let highest = series.highest.zip(scalar.number).and_then(|(highest, number)| match operator {
            "*" if number > 0.0 => Some(highest * number),
            "/" if number > 0.0 && !is_reversed => Some(highest / number),
            "+" => Some(highest + number),
            "-" if !is_reversed => Some(highest - number),
            _ => None,
        });
        let (is_quantile, life) = (series.is_quantile, series.life);
        Shape { highest, is_quantile, life, ..series.changed() }
    }

    fn threshold(&mut self, operator: &str, series: Shape, scalar: &Shape, is_reversed: bool) -> Shape {
        let is_above = matches!((operator, is_reversed), (">" | ">=" | "==", _) | ("<" | "<=", true));
        let is_above = is_above && !(is_reversed && matches!(operator, ">" | ">="));
        let Some((highest, number)) = series.highest.zip(scalar.number).filter(|_| is_above) else {
            return series;
        };
        if number < highest {
            return series;
        }
        let reason = format!(
            "the quantile is never above {highest}, the last finite bucket: a threshold of {number} cannot be passed"
        );
        self.problem(Code::ThresholdAboveBuckets, operator, reason);
        Shape { life: Life::Dead, ..series }
    }

    fn vectors(&mut self, operator: &str, binary: &BinaryExpr, left: Shape, right: Shape) -> Shape {
        let modifier = binary.modifier.as_ref();
        let matching = match modifier.and_then(|modifier| modifier.matching.as_ref()) {
            Some(LabelModifier::Include(labels)) => Matching::On(&labels.labels),
            Some(LabelModifier::Exclude(labels)) => Matching::Ignoring(&labels.labels),
            None => Matching::Ignoring(&[]),
        };
        if operator == "or" {
            let mut labels = left.labels.clone();
            labels.merge(right.labels.clone());
            let life = left.life.max(right.life);
            let certain = left.certain.intersection(&right.certain).cloned().collect();
            let is_absence = left.is_absence || right.is_absence;
            return Shape { labels, life, certain, is_absence, highest: None, source: None, ..left };
        }
        let meets = self.meets(operator, &matching, &left, &right);
        let is_set = ["and", "unless"].contains(&operator);
        if operator == "/" {
            self.divided(&matching, &left, &right);
        }
        let life = match operator {
            "unless" => left.life,
            _ if !meets => Life::Dead,
            _ if left.life == Life::Dead || right.life == Life::Dead => Life::Dead,
            "and" => left.life,
            _ => left.life.max(right.life),
        };
        if is_set {
            return Shape { life, ..left };
        }
        let card = modifier.map(|modifier| &modifier.card);
        let (many, one, extra) = match card {
            Some(VectorMatchCardinality::ManyToOne(extra)) => (&left, &right, Some(extra)),
            Some(VectorMatchCardinality::OneToMany(extra)) => (&right, &left, Some(extra)),
            _ => (&left, &right, None),
        };
        let mut labels = many.labels.clone();
        match (extra, &matching) {
            (Some(extra), _) => {
                for label in &extra.labels {
                    if !one.may_have(label) {
                        self.unknown_label(label, one, "the one side of the operator");
                    }
                    labels.insert(label, one.labels.get(label).cloned().unwrap_or(Values::Any));
                }
            }
            (None, Matching::On(on)) => labels.retain(|label| on.iter().any(|on| on == label)),
            (None, Matching::Ignoring(ignored)) => labels.retain(|label| !ignored.iter().any(|other| other == label)),
        }
        if let (None, Matching::On(_)) = (extra, &matching) {
            labels.open = false;
        }
        let certain: BTreeSet<_> = many.certain.iter().filter(|label| labels.get(label).is_some()).cloned().collect();
        let is_comparison = COMPARISONS.contains(&operator);
        let highest = many.highest.filter(|_| is_comparison);
        let shape = Shape { labels, life, certain, source: None, highest, ..many.clone() };
        if is_comparison { shape } else { Shape { highest: None, ..shape.changed() } }
    }

    /// Whether series of both sides can have the same labels.
    fn meets(&mut self, operator: &str, matching: &Matching<'_>, left: &Shape, right: &Shape) -> bool {
        if left.life == Life::Dead || right.life == Life::Dead {
            return true;
        }
        if let Matching::On(on) = matching {
            for label in *on {
                for (side, shape) in [("left", left), ("right", right)] {
                    if !shape.may_have(label) {
                        self.unknown_label(label, shape, &format!("on: the {side} side of `{operator}`"));
                    }
                }
            }
            return true;
        }
        let Matching::Ignoring(ignored) = matching else { return true };
        let only = |one: &Shape, other: &Shape| -> Vec<String> {
            let is_compared = |label: &&str| !ignored.iter().any(|ignored| ignored == label);
            let labels = one.labels.names().filter(is_compared).filter(|label| !other.may_have(label));
            labels.filter(|label| *label != "otel_metric_overflow").map(str::to_owned).collect()
        };
        let (of_left, of_right) = (only(left, right), only(right, left));
        let certain = of_left.iter().filter(|label| left.certain.contains(*label));
        let certain: Vec<_> = certain.chain(of_right.iter().filter(|label| right.certain.contains(*label))).collect();
        if let (Some(label), true) = (certain.first(), operator != "unless") {
            let side = if of_left.contains(label) { "left" } else { "right" };
            let reason = format!(
                "the sides of `{operator}` never match: only the {side} one has `{label}`; \
                 aggregate both by the same labels, or say on (…) or ignoring ({label})"
            );
            self.problem(Code::NeverMatches, label, reason);
            return false;
        }
        if let Some(label) = of_left.first().or(of_right.first()) {
            let side = if of_left.is_empty() { "right" } else { "left" };
            let reason =
                format!("the sides of `{operator}` match only where `{label}` is empty: only the {side} one has it");
            self.problem(Code::LabelsDiffer, label, reason);
        }
        true
    }

    /// `a{x="y"} / a`: each series that is left meets itself.
    fn divided(&mut self, matching: &Matching<'_>, left: &Shape, right: &Shape) {
        let (Some(above), Some(below)) = (&left.source, &right.source) else { return };
        if above.metric != below.metric || !below.matchers.is_subset(&above.matchers) {
            return;
        }
        let is_compared = |label: &str| match matching {
            Matching::On(on) => on.iter().any(|on| on == label),
            Matching::Ignoring(ignored) => {
                !ignored.iter().any(|ignored| ignored == label) && left.may_have(label) && right.may_have(label)
            }
        };
        if above.matchers.difference(&below.matchers).all(|(label, _)| is_compared(label)) {
            let reason =
                "each series is divided by itself, which gives 1: aggregate both sides, sum(rate(…)) / sum(rate(…))";
            self.problem(Code::DividedByItself, "/", reason.to_owned());
        }
    }
}

/// What two numbers make.
fn numbers(operator: &str, left: &Shape, right: &Shape) -> Shape {
    let number = left.number.zip(right.number).and_then(|(left, right)| match operator {
        "+" => Some(left + right),
        "-" => Some(left - right),
        "*" => Some(left * right),
        "/" => Some(left / right),
        "^" => Some(left.powf(right)),
        "%" => Some(left % right),
        _ => None,
    });
    let is_dead = left.life == Life::Dead || right.life == Life::Dead;
    let life = if is_dead { Life::Dead } else { left.life.max(right.life) };
    let shape = number.map_or_else(Shape::scalar, Shape::number);
    Shape { life, labels: Labels::default(), ..shape }
}
