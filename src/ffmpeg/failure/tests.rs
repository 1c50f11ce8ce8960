use super::*;
use crate::media::transcode::DefectKind;

fn read(lines: &str) -> Messages {
    let mut messages = Messages::new(vec!["file:in.mp4".to_owned(), "in.mp4".to_owned()]);
    messages.feed(lines.as_bytes());
    messages.finish();
    messages
}

#[test]
fn the_line_that_says_most_is_found() {
    use ErrorType as Type;
    for (lines, error_type, message) in [
        // ffmpeg 5.1
        ("[error] file:in.mp4: No such file or directory", Type::InputMissing, "No such file or directory"),
        ("[error] /no/out.mp4: No such file or directory", Type::Other, "/no/out.mp4: No such file or directory"),
        ("[error] file:in.mp4: Permission denied", Type::Permission, "Permission denied"),
        (
            "[mov,mp4 @ 0x1] [error] moov atom not found\n[error] in.mp4: Invalid data found when processing input",
            Type::InputInvalid,
            "moov atom not found",
        ),
        ("[fatal] Unknown encoder 'nosuch'", Type::CodecUnsupported, "Unknown encoder 'nosuch'"),
        ("[fatal] Unknown encoder 'hevc_nvenc'", Type::EncoderUnavailable, "Unknown encoder 'hevc_nvenc'"),
        (
            "[h264_nvenc @ 0x1] [error] Cannot load libcuda.so.1\n[error] Error initializing output stream 0:0 -- x",
            Type::EncoderUnavailable,
            "Cannot load libcuda.so.1",
        ),
        ("[h264_nvenc @ 0x1] [error] OpenEncodeSessionEx failed: out of memory (10)", Type::EncoderUnavailable, ""),
        ("[hevc_vaapi @ 0x1] [error] No usable encoding profile found", Type::EncoderUnavailable, ""),
        (
            "[error] Error while decoding stream #0:0: Invalid data found when processing input\n\
             [error] av_interleaved_write_frame(): No space left on device\n[error] Conversion failed!",
            Type::DiskFull,
            "av_interleaved_write_frame(): No space left on device",
        ),
        ("[error] x: Cannot allocate memory", Type::OutOfMemory, "x: Cannot allocate memory"),
        ("[tcp @ 0x1] [error] Connection to tcp://h:1 failed: Connection refused", Type::Network, ""),
        ("[error] http://h/x: Server returned 404 Not Found", Type::InputMissing, ""),
        ("[error] http://h/x: Server returned 403 Forbidden (access denied)", Type::Permission, ""),
        ("[error] http://h/x: HTTP error 429 Too Many Requests", Type::Throttled, ""),
        ("[error] http://h/x: Server returned 5XX Server Error reply", Type::Network, ""),
        (
            "[error] Unrecognized option 'foo'.\n[fatal] Error splitting the argument list",
            Type::Other,
            "Error splitting",
        ),
        // ffmpeg 7
        (
            "[in#0 @ 0x1] [error] Error opening input: No such file or directory\n\
             [error] Error opening input file in.mp4.\n[error] Error opening input files: No such file or directory",
            Type::InputMissing,
            "Error opening input: No such file or directory",
        ),
        (
            "[out#0/mp4 @ 0x1] [error] Error opening output /no/o.mp4: No such file or directory\n\
             [error] Error opening output files: No such file or directory",
            Type::Other,
            "",
        ),
        (
            "[vost#0:0/h264_qsv @ 0x1] [error] Error while opening encoder - maybe incorrect parameters",
            Type::EncoderUnavailable,
            "",
        ),
        // Lines without a level, as a user's own -loglevel prints them.
        ("in.mp4: Invalid data found when processing input", Type::InputInvalid, "Invalid data found"),
        ("ffmpeg: error while loading shared libraries: liblapack.so.3: x", Type::Other, "ffmpeg: error while loading"),
        ("one\ntwo", Type::Other, "two"),
        ("", Type::Other, "it gave no reason"),
    ] {
        let diagnosis = read(lines).diagnosis();
        assert_eq!(diagnosis.error_type, error_type, "{lines}");
        assert!(diagnosis.message.starts_with(message), "{diagnosis:?}");
    }
}

#[test]
fn what_the_decoder_survived_is_counted_by_kind() {
    let messages = read(
        "[mov,mp4 @ 0x1] [warning] Packet corrupt (stream = 0, dts = 30720).\n\
         [h264 @ 0x1] [error] Invalid NAL unit size (18698 > 16955).\n\
         [mov,mp4 @ 0x1] [error] stream 1, offset 0x7f9ce: partial file\n\
         [mp4 @ 0x1] [warning] Non-monotonous DTS in output stream 0:1; previous: 2, current: 1\n\
         [h264 @ 0x1] [error] Something that nobody has seen before\n\
         [swscaler @ 0x1] [warning] deprecated pixel format used, make sure you did set range correctly\n\
         [h264_nvenc @ 0x1] [error] not the input's fault\n\
         no level at all, corrupt",
    );
    let defects: Vec<_> = messages.defects().collect();
    let expected =
        [(DefectKind::Corrupt, 2), (DefectKind::Timestamp, 1), (DefectKind::Truncated, 1), (DefectKind::Other, 1)];
    assert_eq!(defects, expected);
    assert!(messages.first_defect().starts_with("Packet corrupt"));
}

#[test]
fn endless_messages_cost_no_memory() {
    let mut messages = Messages::new(Vec::new());
    messages.feed(b"[error] x: No space left on device\n");
    for number in 0..10_000 {
        messages.feed(format!("[h264 @ 0x1] [error] error while decoding MB {number}\r\n").as_bytes());
    }
    messages.feed(&[b'x'; 1 << 20]);
    messages.finish();
    assert_eq!(messages.diagnosis().error_type, ErrorType::DiskFull);
    let lines = messages.into_lines();
    assert!(lines.len() <= 200 && lines.iter().map(String::len).sum::<usize>() <= 64 * 1024);
    assert!(lines.last().is_some_and(|line| line.len() == 4096), "a line is cut");
}

#[test]
fn lines_may_be_cut_anywhere() {
    let lines = "[error] file:in.mp4: No such file or directory\n[warning] é\n";
    for size in 1..lines.len() {
        let mut messages = Messages::new(vec!["file:in.mp4".to_owned()]);
        lines.as_bytes().chunks(size).for_each(|bytes| messages.feed(bytes));
        messages.finish();
        assert_eq!(messages.diagnosis().message, "No such file or directory");
        assert_eq!(messages.into_lines().join("\n"), lines.trim_end());
    }
}

#[test]
fn an_error_that_is_not_ours_has_no_class() {
    assert_eq!(classify(&io::Error::other("x")), None);
    let failure = Failure::Arguments("x");
    assert_eq!(classify(&failure), Some(ErrorType::Other));
    let missing = Failure::Output { path: "x".into(), source: io::ErrorKind::NotFound.into() };
    assert_eq!(classify(&missing), Some(ErrorType::Other), "no input is missing");
    let full = Failure::Output { path: "x".into(), source: io::ErrorKind::StorageFull.into() };
    assert_eq!(classify(&full), Some(ErrorType::DiskFull));
}
