use super::{Console, logged};
use opentelemetry::trace::TracerProvider as _;
use std::error::Error;
use telecine::logs::{Config, Format};
use tracing::{debug, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

fn human(colour: bool) -> Config {
    Config { format: Format::Human, colour: Some(colour), filter: Some("trace".into()), ..Default::default() }
}

/// The lines without their clock, which is checked to be one.
fn lines(console: &Console) -> Vec<String> {
    let text = console.text();
    let clock = |text: &str| {
        let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
        assert_eq!(shape, "00:00:00", "{text}");
    };
    text.lines()
        .map(|line| {
            if line.starts_with("  ") {
                return line.to_owned();
            }
            clock(&line[..8]);
            line[9..].to_owned()
        })
        .collect()
}

#[test]
fn a_line_reads_from_what_happened_to_where() {
    let failure = std::io::Error::other(anyhow::anyhow!("connection reset").context("put object"));
    let console = logged(human(false), || {
        info!("started");
        let job = info_span!("job", job_id = "a1b2", kind = "two words");
        let _in = job.enter();
        let transcode = info_span!("transcode", rendition = "720p");
        let _in = transcode.enter();
        info!(frames = 240, speed = 3.25, share = 0.333333, path = "a b.mp4", empty = "", "rendition ready");
        debug!(target: "media::detail", "two\nlines");
        error!(error = &failure as &dyn Error, attempt = 2, "upload failed");
    });
    assert_eq!(
        lines(&console),
        [
            "INFO  started",
            "INFO  rendition ready  frames=240 speed=3.25 share=0.333 path=\"a b.mp4\" empty=\"\"  \
             job › transcode job_id=a1b2 kind=\"two words\" rendition=720p",
            "DEBUG media::detail: two",
            "               lines  job › transcode job_id=a1b2 kind=\"two words\" rendition=720p",
            "ERROR logs::people_read_lines_on_a_terminal: upload failed  attempt=2  \
             job › transcode job_id=a1b2 kind=\"two words\" rendition=720p",
            "               error: put object",
            "               cause: connection reset",
        ]
    );
}

#[test]
fn colour_is_there_when_it_is_wanted_and_only_then() {
    let say = || {
        let job = info_span!("job", job_id = 7);
        let _in = job.enter();
        error!(attempt = 2, "failed");
    };
    let coloured = logged(human(true), say).text();
    assert!(coloured.starts_with("\u{1b}[2m"), "{coloured:?}");
    assert!(
        coloured.ends_with(
            "\u{1b}[0m \u{1b}[1;31mERROR\u{1b}[0m \u{1b}[2mlogs::people_read_lines_on_a_terminal:\u{1b}[0m failed  \
             \u{1b}[2mattempt=\u{1b}[0m2  \u{1b}[2mjob job_id=7\u{1b}[0m\n"
        ),
        "{coloured:?}"
    );
    assert!(!logged(human(false), say).text().contains('\u{1b}'));
}

#[test]
fn a_trace_id_is_there_in_short() {
    let console = Console::default();
    let mut config = human(false);
    config.writer = Some(console.writer());
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder().build();
    let (logs, _guard) = telecine::logs::layers(&config).unwrap();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(logs).with(spans), || {
        info_span!("job").in_scope(|| info!("event"));
    });
    let line = lines(&console).remove(0);
    let (_, id) = line.split_once("INFO  event  job trace=").unwrap_or_else(|| panic!("{line}"));
    assert!(id.len() == 8 && id.chars().all(|letter| letter.is_ascii_hexdigit()), "{line}");
}

#[test]
fn what_would_move_the_cursor_is_shown_instead() {
    let console = logged(human(true), || info!(name = "\u{1b}[2J\u{9b}0m\r", "\u{1b}]0;title\u{7}"));
    let text = console.text();
    assert!(text.contains("\\u{1b}]0;title\\u{7}"), "{text:?}");
    assert!(text.contains("\\u{1b}[2J\\u{9b}0m\\r"), "{text:?}");
}

/// The closure of the documentation, on a terminal that is remembered: while bars are on it, a line comes
/// whole, and bars come back below.
#[test]
fn lines_do_not_tear_progress_bars() {
    use indicatif::{InMemoryTerm, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike as _};
    let terminal = InMemoryTerm::new(10, 80);
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
    let bar = bars.add(ProgressBar::new(10).with_style(ProgressStyle::with_template("bar {pos}/{len}").unwrap()));
    bar.set_position(3);
    bar.tick();

    let mut config = human(false);
    let (hidden, screen) = (bars.clone(), terminal.clone());
    config.writer = Some(telecine::logs::Writer::new(move |line| {
        hidden.suspend(|| screen.write_line(std::str::from_utf8(line).unwrap().trim_end()))
    }));
    let (layer, _guard) = telecine::logs::layers(&config).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        info!("one");
        bar.set_position(4);
        info!("two");
    });
    let shown: Vec<String> = terminal.contents().lines().map(str::to_owned).collect();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[0].ends_with("INFO  one") && shown[1].ends_with("INFO  two"), "{shown:?}");
    assert!(shown[2].starts_with("bar "), "{shown:?}");
}
