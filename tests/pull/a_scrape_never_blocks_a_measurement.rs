use std::{sync::mpsc, time::Duration};

use opentelemetry::KeyValue;
use telecine::pull::Format;

use crate::fixture::Fixture;

/// Only a test that fails waits for so long.
const LONG: Duration = Duration::from_secs(60);

/// A callback holds the collection up until the test has measured with every kind of synchronous
/// instrument, also for series that are new.
#[test]
fn measurements_go_on_while_a_collection_hangs() {
    let fixture = Fixture::new();
    fixture.measure();
    let meter = fixture.meter("measure");
    let counter = meter.u64_counter("test.jobs").with_unit("{job}").with_description("Jobs that ended").build();
    let histogram = meter.f64_histogram("media.transcode.duration").with_unit("s").build();
    let gauge = meter.u64_gauge("test.queue").build();
    let active = meter.i64_up_down_counter("test.active").build();
    let bound = counter.bind(&[KeyValue::new("rendition", "bound")]);

    let (entered, in_callback) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let gate = std::sync::Mutex::new((entered, released));
    let _slow = meter
        .u64_observable_gauge("slow")
        .with_callback(move |observer| {
            let gate = gate.lock().unwrap();
            gate.0.send(()).unwrap();
            gate.1.recv_timeout(LONG).unwrap();
            observer.observe(1, &[]);
        })
        .build();

    let text = std::thread::scope(|scope| {
        let scrape = scope.spawn(|| fixture.scrape(Format::OPENMETRICS));
        in_callback.recv_timeout(LONG).unwrap();
        let (done, measured) = mpsc::channel();
        scope.spawn(move || {
            for number in 0..100 {
                let labels = [KeyValue::new("rendition", format!("new-{number}"))];
                counter.add(1, &labels);
                histogram.record(1.0, &[KeyValue::new("media.rendition", format!("new-{number}"))]);
                gauge.record(1, &labels);
                active.add(1, &labels);
                bound.add(1);
            }
            done.send(()).unwrap();
        });
        let measured = measured.recv_timeout(LONG);
        release.send(()).unwrap();
        measured.unwrap();
        scrape.join().unwrap()
    });
    // The collection was begun before, and reads the instruments after its callbacks.
    assert!(text.contains("test_jobs_total{rendition=\"new-99\"} 1"), "{text}");
    assert!(text.contains("test_jobs_total{rendition=\"bound\"} 100"), "{text}");
}
