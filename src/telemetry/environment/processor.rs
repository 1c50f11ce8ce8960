use super::exporters::Exit;
use super::{Reader, otlp};
use crate::push::Kind;
use crate::telemetry::settings::{Batch, Exporter, Processor, ProcessorKind};

/// The processors of a signal: OTLP is sent in batches, and what is for the console is written at once.
pub(super) fn read(reader: &mut Reader<'_>, kind: Kind, exits: Vec<Exit>, batch: Batch) -> Vec<Processor> {
    let processors = exits.into_iter().filter_map(|exit| match exit {
        Exit::Otlp => {
            Some(Processor { kind: ProcessorKind::Batch(batch), exporter: Exporter::Otlp(otlp::signal(reader, kind)) })
        }
        Exit::Console => Some(Processor { kind: ProcessorKind::Simple, exporter: Exporter::Console }),
        Exit::Prometheus => None,
    });
    processors.collect()
}

/// `prefix` is that of the variables: `OTEL_BSP`.
pub(super) fn batch(reader: &mut Reader<'_>, prefix: &str, default: Batch) -> Batch {
    let size = 1..=Batch::LARGEST_QUEUE;
    let largest = format!("{prefix}_MAX_EXPORT_BATCH_SIZE");
    let queue = reader.between(&format!("{prefix}_MAX_QUEUE_SIZE"), size.clone()).unwrap_or(default.queue);
    let batch = reader.between(&largest, size);
    if batch.is_some_and(|batch| batch > queue) {
        reader.ignore(&largest, format!("it is more than the queue holds: {queue} are sent at once"));
    }
    Batch {
        delay: reader.milliseconds(&format!("{prefix}_SCHEDULE_DELAY")).unwrap_or(default.delay),
        timeout: reader.milliseconds(&format!("{prefix}_EXPORT_TIMEOUT")).unwrap_or(default.timeout),
        queue,
        batch: batch.unwrap_or(default.batch).min(queue),
    }
}
