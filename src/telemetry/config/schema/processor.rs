use super::exporter::{self, exporter};
use super::field::{Field, Object};
use crate::push::Kind;
use crate::telemetry::config::fault::Report;
use crate::telemetry::settings::{Batch, DEFAULT_RECORD_BATCH, DEFAULT_SPAN_BATCH, Processor, ProcessorKind};

const LARGEST_QUEUE: i128 = Batch::LARGEST_QUEUE as i128;

const KNOWN: [&str; 2] = ["batch", "simple"];

pub(super) fn spans(provider: &mut Object<'_>, report: &mut Report) -> Vec<Processor> {
    processors(provider, "span processor", Kind::Traces, DEFAULT_SPAN_BATCH, report)
}

pub(super) fn records(provider: &mut Object<'_>, report: &mut Report) -> Vec<Processor> {
    processors(provider, "log record processor", Kind::Logs, DEFAULT_RECORD_BATCH, report)
}

fn processors(provider: &mut Object<'_>, what: &str, kind: Kind, usual: Batch, report: &mut Report) -> Vec<Processor> {
    let Some(list) = provider.required("processors", report).and_then(|list| list.list(1, report)) else {
        return Vec::new();
    };
    list.iter().filter_map(|item| processor(item, what, kind, usual, report)).collect()
}

fn processor(item: &Field<'_>, what: &str, kind: Kind, usual: Batch, report: &mut Report) -> Option<Processor> {
    let (name, settings) = item.component(what, report)?;
    match name {
        "batch" => {
            let mut object = settings.object(report)?;
            let batch = batch(&mut object, usual, report);
            let exporter = exported(&mut object, kind, report);
            object.close(report);
            Some(Processor { kind: ProcessorKind::Batch(batch), exporter: exporter? })
        }
        "simple" => {
            let mut object = settings.object(report)?;
            let exporter = exported(&mut object, kind, report);
            object.close(report);
            Some(Processor { kind: ProcessorKind::Simple, exporter: exporter? })
        }
        other => {
            item.unknown(what, other, &KNOWN, report);
            None
        }
    }
}

fn batch(object: &mut Object<'_>, usual: Batch, report: &mut Report) -> Batch {
    let mut batch = Batch {
        delay: object.milliseconds("schedule_delay", report).unwrap_or(usual.delay),
        timeout: object.milliseconds("export_timeout", report).unwrap_or(usual.timeout),
        queue: usual.queue,
        batch: usual.batch,
    };
    if let Some(size) = object.some("max_queue_size").and_then(|field| field.integer(1..=LARGEST_QUEUE, report)) {
        batch.queue = usize::try_from(size).unwrap_or(batch.queue);
    }
    if let Some(field) = object.some("max_export_batch_size") {
        if let Some(size) = field.integer(1..=i128::from(i64::MAX), report) {
            batch.batch = usize::try_from(size).unwrap_or(usize::MAX);
            if batch.batch > batch.queue {
                field.warning(format!("is more than the queue holds: {} are sent at once", batch.queue), report);
            }
        }
    }
    batch.batch = batch.batch.min(batch.queue);
    batch
}

fn exported(object: &mut Object<'_>, kind: Kind, report: &mut Report) -> Option<exporter::Exporter> {
    let field = object.required("exporter", report)?;
    exporter(&field, kind, report)
}
