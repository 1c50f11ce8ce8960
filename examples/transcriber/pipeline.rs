//! What a job does, for each of its files: fetch it, take its sound, find who speaks when, transcribe, publish.

use std::path::Path;

use anyhow::Context as _;
use futures_util::TryStreamExt as _;
use telecine::Telemetry;
use telecine::ffmpeg;
use telecine::media::{FileType, Media, Stage};
use telecine::operation::{Classified, ErrorType};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::audio::{Speech, Turn};
use crate::captions::{Said, Transcript, Word};
use crate::claims::{Claim, Output};
use crate::engine::{BACKEND, Engine};
use crate::instruments::Videos;
use crate::source::Source;
use crate::store::Store;

#[derive(Clone, Copy)]
pub enum JobType {
    /// One file.
    Single,
    /// The files of a directory.
    Channel,
}

pub struct Pipeline {
    media: Media,
    videos: Videos,
    source: Source,
    store: Store,
    engine: Engine,
    scratch: TempDir,
    options: ffmpeg::Options,
}

/// By what turns are found, in labels.
const DIARIZATION: &str = "silencedetect";
const LANGUAGE: &str = "en";

impl JobType {
    pub const ALL: [Self; 2] = [Self::Single, Self::Channel];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Channel => "channel",
        }
    }
}

impl Pipeline {
    /// `scratch` is removed at the end.
    pub fn new(telemetry: &Telemetry, source: Source, store: Store, engine: Engine, scratch: TempDir) -> Self {
        Self {
            media: telemetry.media().clone(),
            videos: Videos::new(telemetry),
            source,
            store,
            engine,
            scratch,
            options: ffmpeg::Options::default(),
        }
    }

    /// A file that cannot be transcribed does not keep a channel's others from it: such a job fails where none could
    /// be.
    pub async fn run(&self, claim: Claim) -> anyhow::Result<Vec<Output>> {
        let inputs = match claim.job_type == JobType::Channel.as_str() {
            true => self.source.files(&claim.input).await?,
            false => vec![claim.input.clone()],
        };
        let mut outputs = Vec::new();
        let mut failed = None;
        for input in inputs {
            let result = self.video(&input, &claim).await;
            self.videos.ended(result.is_ok());
            match result {
                Ok(published) => outputs.extend(published),
                Err(error) => {
                    tracing::warn!(error = error.as_ref() as &dyn std::error::Error, input, "not transcribed");
                    failed = Some(error);
                }
            }
        }
        match failed {
            Some(error) if outputs.is_empty() => Err(error),
            None if outputs.is_empty() => {
                Err(Classified::new(ErrorType::InputInvalid, "there is no file in it").into())
            }
            _ => Ok(outputs),
        }
    }

    async fn video(&self, input: &str, claim: &Claim) -> anyhow::Result<Vec<Output>> {
        let steps = &claim.steps;
        let name = input.rsplit('/').next().unwrap_or(input);
        let folder = tempfile::tempdir_in(&self.scratch).context("scratch directory")?;
        let fetched = folder.path().join(name);
        steps.stage(Stage::Download).run(self.fetch(input, &fetched)).await?;
        let speech = Speech::of(&self.media, &fetched, folder.path().join("speech.raw"), &self.options);
        let speech = steps.stage(Stage::Transcode).run(speech).await?;
        let turns = self.media.diarization(DIARIZATION).run(speech.turns(folder.path(), &self.options));
        let turns = steps.stage(Stage::Diarize).run(turns).await?;
        let transcribe = self.transcribe(&speech, &turns, folder.path());
        let turns = steps.stage(Stage::Transcribe).run(transcribe).await?;
        let transcript = Transcript {
            input: input.to_owned(),
            model: self.engine.name().to_owned(),
            language: LANGUAGE,
            duration_seconds: speech.duration,
            turns,
        };
        let key = format!("jobs/{}/{name}", claim.id);
        let publish = self.publish(&transcript, folder.path(), &key);
        steps.stage(Stage::Upload).run(publish).await
    }

    async fn fetch(&self, input: &str, to: &Path) -> anyhow::Result<()> {
        let mut source = self.source.get(input).await?.into_stream();
        let mut file = tokio::fs::File::create(to).await?;
        while let Some(piece) = source.try_next().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await.with_context(|| input.to_owned())
    }

    async fn transcribe(&self, speech: &Speech, turns: &[Turn], folder: &Path) -> anyhow::Result<Vec<Said>> {
        // Each with the number of its turn.
        let pieces =
            turns.iter().enumerate().flat_map(|(number, turn)| turn.pieces().map(move |piece| (number, piece)));
        let pieces: Vec<(usize, Turn)> = pieces.collect();
        let names = speech.cut(pieces.iter().map(|(_, piece)| *piece), folder).await?;
        let loaded = match names.is_empty() {
            // The engine is not asked what silence says.
            true => None,
            false => {
                let load = self.media.model_load(self.engine.name()).backend(BACKEND);
                Some(load.run(self.engine.load(folder, &names)).await?)
            }
        };
        let transcription = self.media.transcription(self.engine.name()).language(LANGUAGE).start();
        let recorder = transcription.recorder();
        let heard = transcription.run(async {
            let heard = match loaded {
                Some(loaded) => loaded.transcribe(&recorder).await?,
                None => Vec::new(),
            };
            recorder.words(heard.iter().map(|(_, words)| words.len() as u64).sum());
            Ok::<_, Classified>(heard)
        });
        let heard = heard.await?;
        tracing::info!(pieces = pieces.len(), duration = ?speech.length(), "transcribed");
        let mut words: Vec<Vec<Word>> = turns.iter().map(|_| Vec::new()).collect();
        for (name, heard) in heard {
            let piece = name.parse().ok().and_then(|number: usize| pieces.get(number));
            let Some((turn, piece)) = piece else { continue };
            words[*turn].extend(heard.into_iter().map(|word| word.later(piece.start)));
        }
        Ok(turns.iter().zip(words).map(|(turn, words)| Said::new(turn.start, turn.end, words)).collect())
    }

    async fn publish(&self, transcript: &Transcript, folder: &Path, key: &str) -> anyhow::Result<Vec<Output>> {
        let mut outputs = Vec::new();
        for (extension, text) in transcript.files()? {
            let file = folder.join(format!("transcript.{extension}"));
            tokio::fs::write(&file, text).await?;
            let key = format!("{key}.{extension}");
            let upload = self.media.upload(FileType::from_extension(&key));
            let bytes = self.store.upload(upload, &file, &key).await?;
            tracing::info!(bytes, "{} is published", self.store.url(&key));
            outputs.push(Output::new(key, bytes));
        }
        Ok(outputs)
    }
}
