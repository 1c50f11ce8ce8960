//! Selectors: the metric, its labels and their values.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use super::matching::{Fit, fit};
use super::shape::Source;
use super::{Asker, Life, Shape, VARIABLE, VARIABLE_NAME, Walk, Wanted};
use crate::check::Code;
use crate::check::known::{Never, Role, Series, Values};

const NAME: &str = "__name__";

impl Walk<'_> {
    pub(super) fn selector(&mut self, selector: &VectorSelector, wanted: Wanted) -> Shape {
        let groups = &selector.matchers;
        let matchers: Vec<&Matcher> = groups.matchers.iter().chain(groups.or_matchers.iter().flatten()).collect();
        let name = selector.name.clone().or_else(|| {
            let name = matchers.iter().find(|matcher| matcher.name == NAME && matches!(matcher.op, MatchOp::Equal));
            name.map(|matcher| matcher.value.clone())
        });
        let mut shape = match &name {
            Some(name) if name.contains(VARIABLE_NAME) || name.contains(VARIABLE) => Shape::anything(),
            Some(name) => self.named(name, &matchers),
            None => self.like(&matchers),
        };
        for label in ["job", "instance", "le"] {
            if shape.labels.get(label).is_some() {
                shape.certain.insert(label.to_owned());
            }
        }
        // Alternatives: what one of them says does not hold for all.
        let is_single = groups.or_matchers.is_empty();
        for matcher in matchers.iter().filter(|matcher| matcher.name != NAME) {
            self.matcher(name.as_deref().unwrap_or("this"), matcher, &mut shape, is_single);
        }
        if let Some(name) = &name {
            self.raw(name, &shape, wanted);
            let pairs =
                matchers.iter().map(|matcher| (matcher.name.clone(), format!("{}{}", matcher.op, matcher.value)));
            let moved = format!("{}{}", offset(selector), if selector.at.is_some() { " @" } else { "" });
            shape.source = Some(Source { metric: format!("{name}{moved}"), matchers: pairs.collect() });
        }
        shape
    }

    fn named(&mut self, name: &str, matchers: &[&Matcher]) -> Shape {
        let known = self.reading.known;
        if let Some(series) = known.get(name) {
            let mut shape = self.of(series);
            match series.never {
                None => {}
                Some(Never::Written) => {
                    shape.life = Life::Dead;
                    let reason = format!("`{name}` is declared, and the scrape does not have it: nobody writes it");
                    self.problem(Code::NeverWritten, name, reason);
                }
                Some(Never::Recorded) => {
                    shape.life = Life::Dead;
                    let reason = format!("`{name}` is recorded from what is never there");
                    self.problem(Code::DeadRecord, name, reason);
                }
            }
            return shape;
        }
        let family = known.family(name).map(|series| series.iter().map(String::as_str).collect::<Vec<_>>());
        let asks_quantile = matchers.iter().any(|matcher| matcher.name == "quantile");
        match family {
            Some(series) if asks_quantile && series.iter().any(|series| series.ends_with("_bucket")) => {
                let reason = format!(
                    "`{name}` is a histogram and has no label `quantile`: \
                     histogram_quantile(0.95, sum by (le) (rate({name}_bucket[5m])))"
                );
                self.problem(Code::QuantileLabel, name, reason);
            }
            Some(series) => {
                let reason = format!("no series is called `{name}`: they are {}", series.join(", "));
                self.problem(Code::UnknownMetric, name, reason);
            }
            None => {
                let hint = known.nearest(name).map(|nearest| format!("; `{nearest}` is the nearest that there is"));
                let reason = format!("no metric is called `{name}`{}", hint.unwrap_or_default());
                self.problem(Code::UnknownMetric, name, reason);
            }
        }
        Shape::nothing()
    }

    fn of(&self, series: &Series) -> Shape {
        let Series { role, labels, bounds, highest, is_scraped, .. } = series;
        let mut labels = labels.clone();
        if *is_scraped {
            self.reading.known.target().for_each(|label| labels.insert(label, Values::Any));
        }
        Shape { bounds: bounds.clone(), highest: *highest, ..Shape::of(labels, *role) }
    }

    /// Series that are asked for by a pattern of their names, or by labels alone.
    fn like(&mut self, matchers: &[&Matcher]) -> Shape {
        let known = self.reading.known;
        let names: Vec<_> = matchers.iter().filter(|matcher| matcher.name == NAME).collect();
        if names.is_empty() || names.iter().any(|matcher| matcher.value.contains([VARIABLE])) {
            return Shape::anything();
        }
        let matching = known.names().filter(|name| names.iter().all(|matcher| matcher.is_match(name)));
        let mut series = matching.filter_map(|name| known.get(name)).filter(|series| series.never.is_none());
        let Some(first) = series.next() else {
            let name = &names[0].value;
            self.problem(Code::UnknownMetric, name, format!("no metric's name is like `{name}`"));
            return Shape::nothing();
        };
        let Shape { mut labels, mut role, .. } = self.of(first);
        for other in series {
            labels.merge(self.of(other).labels);
            role = if role == other.role { role } else { Role::Unknown };
        }
        Shape::of(labels, role)
    }

    fn matcher(&mut self, metric: &str, matcher: &Matcher, shape: &mut Shape, is_single: bool) {
        let Matcher { op, name: label, value } = matcher;
        let is_variable = value.contains(VARIABLE) || value.contains(VARIABLE_NAME);
        let lets_empty = !is_variable && matcher.is_match("");
        let is_positive = matches!(op, MatchOp::Equal | MatchOp::Re(_));
        if !shape.may_have(label) {
            if label == "quantile" && matches!(shape.role, Role::Bucket | Role::Part | Role::Native) {
                let reason =
                    format!("`{metric}` is of a histogram and has no label `quantile`: use histogram_quantile");
                self.problem(Code::QuantileLabel, metric, reason);
            } else if lets_empty {
                let reason =
                    format!("`{metric}` has no label `{label}`, and `{label}{op}\"{value}\"` lets all of it through");
                self.problem(Code::UselessMatcher, label, reason);
            } else {
                self.unknown_label(label, shape, &format!("a matcher of `{metric}`"));
            }
            if !lets_empty && is_single {
                shape.life = Life::Dead;
            }
            return;
        }
        if is_positive && !lets_empty && is_single {
            shape.certain.insert(label.clone());
        }
        if is_variable {
            return;
        }
        let is_dashboard = self.reading.asker == Asker::Dashboard;
        if is_dashboard && is_positive && ["job", "instance"].contains(&label.as_str()) && !lets_empty && value != ".+"
        {
            let reason = format!("`{label}{op}\"{value}\"` is written out: a variable finds what is there");
            self.problem(Code::FixedTarget, value, reason);
        }
        let Some(Values::These(values)) = shape.labels.get(label) else { return };
        match fit(matcher, values) {
            Fit::Good => {}
            Fit::OneSpelling(bound) => {
                let reason = format!(
                    "`le{op}\"{value}\"` fits one spelling of {bound} only: a scrape has another one than OTLP; use =~\"{bound}(\\\\.0)?\""
                );
                self.problem(Code::LeSpelling, value, reason);
            }
            Fit::Some(useless) => {
                let reason = format!("`{label}` of `{metric}` is never `{}`: {}", useless.join("`, `"), all(values));
                self.problem(Code::UselessValue, value, reason);
            }
            Fit::None => {
                if is_single {
                    shape.life = Life::Dead;
                }
                let reason = format!("`{label}` of `{metric}` is never `{value}`: {}", all(values));
                self.problem(Code::UnknownValue, value, reason);
            }
        }
    }

    /// A counter as it is tells mostly when the program was started.
    fn raw(&mut self, name: &str, shape: &Shape, wanted: Wanted) {
        if wanted != Wanted::Value || shape.life == Life::Dead {
            return;
        }
        if matches!(shape.role, Role::Counter | Role::Part | Role::Bucket) {
            let reason =
                format!("`{name}` counts from the start of the program: rate or increase says what happens now");
            self.problem(Code::RawCounter, name, reason);
        }
    }
}

/// How far in the past it is.
fn offset(selector: &VectorSelector) -> String {
    selector.offset.as_ref().map_or_else(String::new, |offset| format!(" offset {offset}"))
}

fn all(values: &std::collections::BTreeSet<String>) -> String {
    let shown: Vec<_> = values.iter().take(16).map(String::as_str).collect();
    let more = if values.len() > shown.len() { ", …" } else { "" };
    format!("the values are {}{more}", shown.join(", "))
}
