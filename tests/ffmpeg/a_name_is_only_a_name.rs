use std::ffi::{OsStr, OsString};
use std::path::Path;

use telecine::ffmpeg::{self, Command};

use crate::clips::{Clips, frames, options};

const NAMES: &[&str] = &[
    "with spaces and 'quotes' \"both\".mp4",
    "-dash.mp4",
    "percent %d 100%.mp4",
    "colon: http://host/x.mp4",
    "new\nline.mp4",
    "[brackets] {and} $HOME `ls` \\back|pipe.mp4",
    "名前 é.mp4",
];

#[tokio::test]
async fn any_name_is_read_and_written() {
    for name in NAMES {
        let clips = Clips::new();
        // A slash cannot be in a name.
        let name = name.replace('/', "_");
        let input = clips.named(&name, 1);
        let media = ffmpeg::probe(&input, &options()).await.unwrap();
        assert_eq!(media.video.as_ref().unwrap().width, 640, "{name}");

        let directory = clips.path(&format!("out {}", name.trim_end_matches(".mp4")));
        std::fs::create_dir(&directory).unwrap();
        let output = directory.join(&name);
        let done = Command::new(&input).args(["-c", "copy"]).output(&output).run().await.unwrap();
        assert_eq!(done.outputs[0].path, output);
        assert_eq!(frames(&output), 30, "{name}");

        let package = directory.join(name.trim_end_matches(".mp4"));
        let done = Command::hls(&output, &package).run().await.unwrap();
        assert_eq!(done.outputs[0].files, 2, "{name}");
        assert_eq!(frames(&package.join("index.m3u8")), 30, "{name}");

        let picture = directory.join(format!("{name}.jpg"));
        Command::thumbnail(&media, media.tenth(), 320, &picture).run().await.unwrap();
        assert_eq!(frames(&picture), 1, "{name}");
    }
}

#[tokio::test]
async fn a_name_that_begins_with_a_dash_is_found_in_the_working_directory() {
    let clips = Clips::new();
    clips.named("-v.mp4", 1);
    let mut own = tokio::process::Command::new("ffmpeg");
    own.current_dir(clips.dir()).args(["-i", "file:-v.mp4", "-c", "copy", "file:-out.mp4"]);
    let done = Command::from(own).run().await.unwrap();
    assert_eq!(done.outputs[0].path, clips.path("-out.mp4"));
    assert_eq!(clips.names(), ["-out.mp4", "-v.mp4"]);
}

#[tokio::test]
async fn a_name_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;
    let clips = Clips::new();
    let [input, copy, output] =
        [&b"in\xff.mp4"[..], b"copy\xff.mp4", b"out\xff.mp4"].map(|name| clips.dir().join(OsStr::from_bytes(name)));
    std::fs::rename(clips.normal(1), &input).unwrap();
    Command::new(&input).args(["-c", "copy"]).output(&copy).run().await.unwrap();
    let url = |path: &Path| {
        let mut url = OsString::from("file:");
        url.push(path);
        url
    };
    let arguments = [OsStr::new("-i"), &url(&copy), OsStr::new("-c"), OsStr::new("copy"), &url(&output)];
    let done = Command::from_args(arguments).run().await.unwrap();
    assert_eq!(done.outputs[0].path, output);
    assert!(output.exists());
    ffmpeg::probe(&output, &options()).await.unwrap();
}

#[tokio::test]
async fn a_playlist_cannot_open_the_network() {
    let clips = Clips::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let playlist = format!("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nhttp://{address}/a.ts\n#EXT-X-ENDLIST\n");
    let input = clips.bytes("list.m3u8", playlist.as_bytes());
    ffmpeg::probe(&input, &options()).await.unwrap_err();
    Command::new(&input).output(clips.path("out.mp4")).run().await.unwrap_err();
    assert!(listener.accept().is_err(), "somebody called");
}
