use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use telecine::ffmpeg::Command;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::clips::{Clips, options};
use crate::measure::Measured;

/// The fields of all spans together.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().insert(field.name(), format!("{value:?}"));
    }
}

impl<S: tracing::Subscriber> Layer<S> for Fields {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        attributes.record(&mut self.clone());
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

#[tokio::test]
async fn of_a_failure() {
    let fields = Fields::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(fields.clone()));
    let (clips, measured) = (Clips::new(), Measured::new());
    let input = clips.path("missing.mp4");
    let transcode = measured.media.transcode("720p").encoder("libx264").start();
    let command = Command::new(&input)
        .options(&options())
        .args(["-headers", "Authorization: secret", "-metadata", "comment=https://h/?sig=secret"])
        .output(clips.path("out.mp4"))
        .record(&transcode.recorder());
    transcode.run(command.run()).await.unwrap_err();
    let fields = fields.0.lock().unwrap();
    assert_eq!(fields["process.exit.code"], "1");
    assert!(fields["process.pid"].parse::<u32>().is_ok(), "{}", fields["process.pid"]);
    let arguments = &fields["process.command_args"];
    assert!(arguments.contains("missing.mp4") && arguments.contains("out.mp4"), "{arguments}");
    assert_eq!(fields["error.type"], "\"input_missing\"");
    assert!(fields["otel.status_description"].contains("missing.mp4: No such file"), "{fields:?}");
    assert!(!format!("{fields:?}").contains("secret"), "{fields:?}");
}
