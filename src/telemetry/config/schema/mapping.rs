//! `distribution: telecine: prometheus: mapping:`, the metrics of the endpoint under other names.

use super::field::{Field, Object};
use crate::catalog::Catalog;
use crate::pull::mapping::{Fault, Flaw, LabelRule, Mapping, Match, Rule, Take, Unmatched};
use crate::telemetry::config::fault::Report;
use crate::views::Views;

pub(in crate::telemetry::config) const UNMATCHED: [(&str, Unmatched); 2] =
    [("keep", Unmatched::Keep), ("drop", Unmatched::Drop)];
pub(in crate::telemetry::config) const TAKES: [(&str, Take); 2] = [("count", Take::Count), ("sum", Take::Sum)];

/// `views` are those of the file, if they can be made.
pub(super) fn mapping(field: &Field<'_>, views: Option<&Views>, report: &mut Report) -> Option<Mapping> {
    let mut object = field.object(report)?;
    let unmatched = object.word("unmatched", &UNMATCHED, report).unwrap_or_default();
    let (mut items, mut rules) = (Vec::new(), Vec::new());
    for item in object.list("rules", 1, report).unwrap_or_default() {
        let errors = report.errors.len();
        let rule = rule(&item, report);
        // What could not be read as a whole is not judged further.
        if let Some(rule) = rule.filter(|_| report.errors.len() == errors) {
            report.rules.push(item.place());
            items.push(item);
            rules.push(rule);
        }
    }
    object.close(report);
    let mapping = Mapping { unmatched, rules };
    refuse(&items, &mapping, views, report);
    Some(mapping)
}

/// Says what of the rules cannot be. `items` are where they stand.
fn refuse(items: &[Field<'_>], mapping: &Mapping, views: Option<&Views>, report: &mut Report) {
    let (catalog, usual) = (Catalog::own(), Views::new(&Catalog::own()));
    for Fault { rule, key, flaw } in mapping.faults(&catalog, views.unwrap_or(&usual)) {
        let reason = match flaw {
            // What is a histogram is for views to say.
            Flaw::NoHistogram { .. } if views.is_none() => continue,
            Flaw::SameAs(other) => {
                let path = items[other].path();
                let (_, place) = path.rsplit_once('.').unwrap_or(("", path));
                format!("says the same as {place}: each series would be there twice")
            }
            flaw => flaw.to_string(),
        };
        items[rule].within(&key).error(reason, report);
    }
}

fn rule(item: &Field<'_>, report: &mut Report) -> Option<Rule> {
    let mut object = item.object(report)?;
    let matches = object.required("match", report).and_then(|field| matched(&field, report));
    let name = object.text("name", report);
    let help = object.text("help", report);
    let take = object.word("take", &TAKES, report);
    let labels = object.field("labels").and_then(|field| labels(&field, report)).unwrap_or_default();
    object.close(report);
    Some(Rule { matches: matches?, name, help, take, labels })
}

fn matched(field: &Field<'_>, report: &mut Report) -> Option<Match> {
    let mut object = field.object(report)?;
    let name = object.required("name", report).and_then(|name| name.text(report));
    let mut labels = Vec::new();
    for (key, values) in entries(&mut object, "labels", report) {
        let values = match values.is_list() {
            true => values.texts(1, report),
            false => values.text(report).map(|value| vec![value.to_owned()]),
        };
        labels.push((key.to_owned(), values.unwrap_or_default()));
    }
    object.close(report);
    Some(Match { name: name?.to_owned(), labels })
}

fn labels(field: &Field<'_>, report: &mut Report) -> Option<LabelRule> {
    let mut object = field.object(report)?;
    let rename = pairs(&mut object, "rename", report);
    let keep = object.field("keep").and_then(|list| list.texts(0, report));
    let drop = object.field("drop").and_then(|list| list.texts(1, report)).unwrap_or_default();
    let add = pairs(&mut object, "add", report);
    let mut values = Vec::new();
    for (label, translations) in entries(&mut object, "values", report) {
        values.push((label.to_owned(), of_texts(&translations, report)));
    }
    object.close(report);
    Some(LabelRule { rename, keep, drop, add, values })
}

/// A mapping whose keys are the user's.
fn entries<'a>(object: &mut Object<'a>, key: &'static str, report: &mut Report) -> Vec<(&'a str, Field<'a>)> {
    object.field(key).and_then(|field| field.object(report)).map(Object::each).unwrap_or_default()
}

fn pairs(object: &mut Object<'_>, key: &'static str, report: &mut Report) -> Vec<(String, String)> {
    object.field(key).map(|field| of_texts(&field, report)).unwrap_or_default()
}

fn of_texts(field: &Field<'_>, report: &mut Report) -> Vec<(String, String)> {
    let entries = field.object(report).map(Object::each).unwrap_or_default();
    let pair = |(key, value): (&str, Field<'_>)| value.text(report).map(|value| (key.to_owned(), value.to_owned()));
    entries.into_iter().filter_map(pair).collect()
}
