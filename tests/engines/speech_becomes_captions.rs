use serde_json::Value;

use crate::program::{Folders, Program, probed};

#[tokio::test]
async fn of_a_file_and_of_a_channel_with_a_file_that_is_none() {
    let folders = Folders::new();
    let media = folders.media();
    let mut command = folders.command_with_store("transcriber");
    command.args(["--make", "--keep", "--workers", "2", "--input"]);
    std::fs::create_dir(media.join("lectures")).unwrap();
    std::fs::write(media.join("lectures/wednesday.wav"), "no sound").unwrap();
    // It makes its speech before it looks for it.
    command.arg(media.join("welcome.wav")).arg("--input").arg(media.join("lectures"));
    let mut program = Program::start(folders, command).await;
    program.until_over(2).await;

    let job = "media_job_duration_seconds_count";
    assert_eq!(program.sum(job, &["media_job_type=\"single\"", "media_outcome=\"success\""]).await, 1.0);
    assert_eq!(program.sum(job, &["media_job_type=\"channel\"", "media_outcome=\"success\""]).await, 1.0);
    assert_eq!(program.sum("transcriber_videos_total", &["media_outcome=\"success\""]).await, 3.0);
    assert_eq!(program.sum("transcriber_videos_total", &["media_outcome=\"failure\""]).await, 1.0);

    // Three sentences with pauses, two, and one: each is a piece.
    let model = "media_model=\"en-us\"";
    assert_eq!(program.sum("media_transcription_duration_seconds_count", &[model]).await, 3.0);
    assert_eq!(program.sum("media_transcription_chunks_sum", &[model]).await, 6.0);
    assert_eq!(program.sum("media_transcription_chunk_duration_seconds_count", &[model]).await, 6.0);
    let load = &[model, "media_backend=\"pocketsphinx\"", "media_outcome=\"success\""];
    assert_eq!(program.sum("media_model_load_duration_seconds_count", load).await, 3.0);
    assert_eq!(program.sum("media_diarization_duration_seconds_count", &["silencedetect"]).await, 3.0);

    // Other programs read what it has written, and what the engine has heard is what was counted.
    let mut words = 0;
    let transcripts = program.folders().outputs(".json");
    assert_eq!(transcripts.keys().collect::<Vec<_>>(), ["monday.wav.json", "tuesday.wav.json", "welcome.wav.json"]);
    for (name, path) in &transcripts {
        let transcript: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let length = transcript["duration_seconds"].as_f64().unwrap();
        let mut last = 0.0;
        for turn in transcript["turns"].as_array().unwrap() {
            for word in turn["words"].as_array().unwrap() {
                let [start, end] = ["start", "end"].map(|key| word[key].as_f64().unwrap());
                assert!(last <= start && start < end && end <= length + 0.1, "{name}: {transcript:#}");
                last = start;
                words += 1;
            }
        }
        for format in ["srt", "webvtt"] {
            let extension = if format == "srt" { "srt" } else { "vtt" };
            let captions = path.with_extension(extension);
            assert_eq!(probed(&captions, &["-show_entries", "format=format_name"]), format);
            let shown = probed(&captions, &["-count_packets", "-show_entries", "stream=nb_read_packets"]);
            let turns = transcript["turns"].as_array().unwrap();
            let spoken = turns.iter().filter(|turn| turn["text"] != "").count();
            assert_eq!(shown, spoken.to_string(), "{name}");
        }
    }
    assert!(words > 0);
    assert_eq!(program.sum("media_transcription_words_sum", &[model]).await, f64::from(words));
    assert!(program.process.stop().await.unwrap().success());
}

#[tokio::test]
async fn what_has_no_sound_fails_as_a_bad_input() {
    let folders = Folders::new();
    let media = folders.media();
    let mut command = folders.command_with_store("transcriber");
    for name in ["broken.wav", "nothing"] {
        std::fs::write(media.join(name), "no sound").unwrap();
    }
    std::fs::create_dir(media.join("empty")).unwrap();
    command.arg("--input").arg(media.join("broken.wav")).arg("--input").arg(media.join("empty"));
    let mut program = Program::start(folders, command).await;
    let ended = program.process.until_ended().await.unwrap();
    assert!(!ended.success());
    let output = program.process.output();
    let over: Vec<Value> = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["message"] == "the job is over")
        .collect();
    assert_eq!(over.len(), 2, "{output}");
    for job in over {
        assert_eq!((job["outcome"].as_str(), job["error_type"].as_str()), (Some("failure"), Some("input_invalid")));
        // Another attempt would end alike.
        assert_eq!(job["attempts"], 1);
    }
}
