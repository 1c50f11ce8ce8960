//! The exemplars of series that rules make.

use super::{
    super::{Kind, Part},
    group::{Form, Group, Target},
};
use crate::exemplar::Exemplar;

/// The most exemplars of one exponential histogram, as one that is no sum has them.
const EXPONENTIAL_EXEMPLARS: usize = 20;

/// How many exemplars a sum gathers before those that cannot be shown are left out.
const GATHERED: usize = 1024;

impl Group {
    /// Takes over the exemplars of the last collection.
    pub(super) fn write_exemplars(&mut self, parts: &mut [Part]) {
        let mut merged = Vec::new();
        for flow in &self.flows {
            for (source, target) in parts[flow.part].all_mut().iter_mut().zip(&flow.targets) {
                let Some(Target { place, is_first }) = *target else { continue };
                let series = &mut self.series[place as usize];
                if is_first {
                    series.clear_exemplars();
                }
                if source.exemplars().is_empty() {
                    continue;
                }
                if self.kind == Kind::Counter {
                    let latest =
                        source.exemplars().iter().chain(series.exemplars()).max_by_key(|exemplar| exemplar.time);
                    let latest = latest.cloned();
                    let held = series.exemplars_mut();
                    held.clear();
                    held.extend(latest);
                } else if is_first && flow.is_last {
                    std::mem::swap(series.exemplars_mut(), source.exemplars_mut());
                } else {
                    let held = series.exemplars_mut();
                    if !held.is_empty() {
                        merged.push(place);
                    }
                    held.extend(source.exemplars().iter().cloned());
                    if held.len() > GATHERED {
                        thin_out(held, self.form.as_ref());
                    }
                }
            }
        }
        merged.sort_unstable();
        merged.dedup();
        for place in merged {
            thin_out(self.series[place as usize].exemplars_mut(), self.form.as_ref());
        }
    }
}

/// Brings exemplars into the order of their values, and keeps of those that cannot all be shown the latest.
fn thin_out(exemplars: &mut Vec<Exemplar>, form: Option<&Form>) {
    match form {
        Some(Form::Explicit(bounds)) => {
            exemplars.sort_by(|a, b| a.value.total_cmp(&b.value).then(b.time.cmp(&a.time)));
            let bucket = |exemplar: &Exemplar| bounds.values.partition_point(|bound| *bound < exemplar.value);
            let mut latest: Vec<Exemplar> = Vec::new();
            for exemplar in exemplars.drain(..) {
                match latest.last_mut() {
                    Some(last) if bucket(last) == bucket(&exemplar) => {
                        if last.time < exemplar.time {
                            *last = exemplar;
                        }
                    }
                    _ => latest.push(exemplar),
                }
            }
            *exemplars = latest;
        }
        _ => {
            exemplars.sort_by_key(|exemplar| std::cmp::Reverse(exemplar.time));
            exemplars.truncate(EXPONENTIAL_EXEMPLARS);
            exemplars.sort_by(|a, b| a.value.total_cmp(&b.value));
        }
    }
}
