//! Whether the scrape and the OTLP push tell the same numbers.

use std::collections::BTreeMap;

use crate::{
    openmetrics::{Labels, Sample},
    otlp::{Point, PointValue, Series},
};

/// Compares every number of `media.*` that came by OTLP with the scrape. Returns how many there are. What telemetry
/// says of itself, and of the runtime that it runs on, changes by looking at it, and is left out.
pub(crate) fn compare(scrape: &[Sample], points: &BTreeMap<Series, Point>) -> Result<usize, String> {
    let scraped: BTreeMap<(&str, Labels), f64> =
        scrape.iter().map(|sample| ((sample.name.as_str(), canonical(&sample.labels)), sample.value)).collect();
    let mut compared = 0;
    let restless = ["media.telemetry.", "media.runtime."];
    let is_of_the_work =
        |metric: &str| metric.starts_with("media.") && !restless.iter().any(|area| metric.starts_with(area));
    for ((metric, attributes), point) in points.iter().filter(|((metric, _), _)| is_of_the_work(metric)) {
        for (name, bound, value) in samples(metric, point) {
            let mut labels: Labels =
                attributes.iter().map(|(key, value)| (key.replace('.', "_"), value.clone())).collect();
            labels.extend(bound.map(|bound| ("le".to_owned(), bound.to_string())));
            let other = scraped.get(&(name.as_str(), labels.clone()));
            if other.is_none_or(|other| (other - value).abs() > value.abs() * 1e-9) {
                return Err(format!("{name}{labels:?} is {value} by OTLP, {other:?} in the scrape"));
            }
            compared += 1;
        }
    }
    if compared == 0 { Err("the collector got no metrics".to_owned()) } else { Ok(compared) }
}

/// The samples that a point is in Prometheus' model: name, upper bound of a bucket, value.
fn samples(metric: &str, point: &Point) -> Vec<(String, Option<f64>, f64)> {
    let name = metric.replace('.', "_");
    let name = match point.unit.as_str() {
        "s" => format!("{name}_seconds"),
        "By" => format!("{name}_bytes"),
        _ => name,
    };
    match &point.value {
        PointValue::Counter(value) => vec![(format!("{name}_total"), None, *value)],
        PointValue::Gauge(value) => vec![(name, None, *value)],
        PointValue::Histogram { bounds, counts, sum, .. } => {
            let mut cumulative = 0.0;
            let bounds = bounds.iter().copied().chain([f64::INFINITY]);
            let buckets = bounds.zip(counts).map(|(bound, count)| {
                cumulative += count;
                (format!("{name}_bucket"), Some(bound), cumulative)
            });
            let mut samples: Vec<_> = buckets.collect();
            samples.push((format!("{name}_count"), None, cumulative));
            samples.push((format!("{name}_sum"), None, *sum));
            samples
        }
    }
}

/// Bounds as Rust writes them: `5.0` and `5` are the same.
fn canonical(labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    if let Some(bound) = labels.get_mut("le") {
        if let Ok(number) = bound.parse::<f64>() {
            *bound = number.to_string();
        }
    }
    labels
}
