use std::time::Duration;

use super::*;

/// What ffmpeg 5.1 wrote at the start and at the end of an encode.
const REAL: &str = "frame=0\nfps=0.00\nstream_0_0_q=0.0\nbitrate=N/A\ntotal_size=48\nout_time_us=-33268\n\
    out_time_ms=-33268\nout_time=-00:00:00.033268\ndup_frames=0\ndrop_frames=0\nspeed=N/A\nprogress=continue\n\
    frame=126\nfps=42.55\nstream_0_0_q=-1.0\nbitrate=3119.6kbits/s\ntotal_size=1598825\nout_time_us=4100065\n\
    out_time_ms=4100065\nout_time=00:00:04.100065\ndup_frames=1\ndrop_frames=2\nspeed=2.36e+03x\nprogress=end\n";

fn all(stream: &[u8]) -> Vec<Progress> {
    let mut parser = Parser::default();
    let mut blocks = parser.feed(stream);
    blocks.extend(parser.finish());
    blocks
}

fn block(lines: &str) -> Progress {
    let blocks = all(format!("{lines}\nprogress=continue\n").as_bytes());
    assert_eq!(blocks.len(), 1, "{lines}");
    blocks.into_iter().next().unwrap()
}

#[test]
fn real_output_is_understood() {
    let blocks = all(REAL.as_bytes());
    let start = Progress {
        frame: Some(0),
        fps: Some(0.0),
        dup_frames: Some(0),
        drop_frames: Some(0),
        out_time_us: Some(-33268),
        total_size: Some(48),
        ..Progress::default()
    };
    let end = Progress {
        frame: Some(126),
        fps: Some(42.55),
        dup_frames: Some(1),
        drop_frames: Some(2),
        out_time_us: Some(4_100_065),
        total_size: Some(1_598_825),
        speed: Some(2360.0),
        bitrate: Some(3_119_600.0),
        end: true,
    };
    assert_eq!(blocks, [start, end]);
    assert_eq!(blocks[0].out_time(), Some(Duration::ZERO));
}

#[test]
fn it_does_not_matter_where_the_bytes_are_cut() {
    let whole = all(REAL.as_bytes());
    for size in 1..REAL.len() {
        let mut parser = Parser::default();
        let cut: Vec<_> = REAL.as_bytes().chunks(size).flat_map(|bytes| parser.feed(bytes)).collect();
        assert_eq!(cut, whole, "in pieces of {size}");
        assert_eq!(parser.finish(), None);
    }
}

#[test]
fn carriage_returns_and_empty_lines_do_no_harm() {
    assert_eq!(all(REAL.replace('\n', "\r\n").as_bytes()), all(REAL.as_bytes()));
    assert_eq!(all(REAL.replace('\n', "\n\n\r").as_bytes()), all(REAL.as_bytes()));
}

#[test]
fn a_stream_that_dies_anywhere_gives_no_wrong_number() {
    for length in 0..REAL.len() {
        for progress in all(&REAL.as_bytes()[..length]) {
            assert!(matches!(progress.frame, None | Some(0 | 126)), "{length}: {progress:?}");
            assert!(matches!(progress.out_time_us, None | Some(-33268 | 4_100_065)), "{length}: {progress:?}");
            assert!(matches!(progress.total_size, None | Some(48 | 1_598_825)), "{length}: {progress:?}");
        }
    }
    let cut = all(b"frame=12\nout_time_us=1000\ntotal_si");
    assert_eq!((cut[0].frame, cut[0].out_time_us, cut[0].end), (Some(12), Some(1000), false));
}

#[test]
fn the_time_is_taken_from_whichever_key_is_there() {
    for (lines, expected) in [
        ("out_time_us=5\nout_time_ms=6\nout_time=00:00:07.000000", Some(5)),
        ("out_time_us=N/A\nout_time_ms=N/A\nout_time=N/A", None),
        ("out_time_ms=1500000", Some(1_500_000)),
        ("out_time=00:01:02.500000", Some(62_500_000)),
        ("out_time=-00:00:00.023220", Some(-23_220)),
        ("out_time=100:00:00.000000", Some(360_000_000_000)),
        ("out_time=00:00", None),
        ("out_time=99999999999999:00:00.0", None),
        ("out_time=9223372036854775807:00:00.0", None),
        ("out_time_us=-9223372036854775807", None),
        ("out_time_us=9223372036854775807", None),
        ("out_time_us=99999999999999999999999", None),
        ("frame=1", None),
    ] {
        assert_eq!(block(lines).out_time_us, expected, "{lines}");
    }
}

#[test]
fn values_that_are_no_numbers_are_absent() {
    for lines in [
        "frame=N/A\nfps=N/A\ntotal_size=N/A\nbitrate=N/A\nspeed=N/A\ndup_frames=N/A\ndrop_frames=N/A",
        "frame=-1\nfps=-1\ntotal_size=-22\nbitrate=-1kbits/s\nspeed=-1x\ndup_frames=-1\ndrop_frames=-1",
        "frame=\nfps=nan\ntotal_size= \nbitrate=infkbits/s\nspeed=infx\ndup_frames=1.5\ndrop_frames=x",
        "frame\nfps\n=\n==\n\0\0=1\nFRAME=1",
    ] {
        assert_eq!(block(lines), Progress::default(), "{lines}");
    }
    assert_eq!(block("frame=  17 \nfps= 3.5\nspeed= 1.5x").frame, Some(17));
}

#[test]
fn unknown_keys_and_foreign_lines_are_left_out() {
    let mut stream = b"stream_0_0_q=29.0\nelapsed=0:00:01.0\nnot a pair\n\xff\xfe=1\nframe=3\n".to_vec();
    stream.extend_from_slice(b"a=b=c\nprogress=continue\n");
    assert_eq!(all(&stream), [Progress { frame: Some(3), ..Progress::default() }]);
    assert_eq!(all(b"elapsed=1\nhello\n"), [], "nothing was said");
}

#[test]
fn a_line_without_end_costs_no_memory() {
    let mut parser = Parser::default();
    for _ in 0..1000 {
        assert!(parser.feed(&[b'9'; 10_000]).is_empty());
    }
    assert!(parser.feed(b"\nframe=2\nprogress=end\n")[0].end);
    let long = format!("frame=1{}\nframe=5\nprogress=continue\n", "0".repeat(2000));
    assert_eq!(all(long.as_bytes())[0].frame, Some(5));
}

#[test]
fn a_tracker_adds_up_to_the_last_total_and_never_goes_back() {
    let mut tracker = Tracker::default();
    let mut frames = 0;
    let mut time = Duration::ZERO;
    for (frame, us) in [(0, -33_268), (30, 1_000_000), (20, 500_000), (30, 900_000), (45, 1_500_000)] {
        let added = tracker.advance(&block(&format!("frame={frame}\nout_time_us={us}")));
        frames += added.frames;
        time += added.media_time;
    }
    assert_eq!((frames, time), (45, Duration::from_millis(1500)));
    assert_eq!(tracker.total().frames, 45);
    assert!(!tracker.advance(&Progress::default()).is_progress(), "an empty block adds nothing");
}

#[test]
fn a_relative_tracker_begins_where_the_clock_does() {
    let mut tracker = Tracker::default().relative();
    tracker.advance(&block("out_time_us=3600000000"));
    tracker.advance(&block("out_time_us=3602000000"));
    assert_eq!(tracker.total().media_time, Duration::from_secs(2));
}
