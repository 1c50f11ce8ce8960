//! Copies media files to another disk, their names taken line by line from standard input.
//!
//! ```sh
//! find library -type f | cargo run -p mirror -- /mnt/backup
//! find library -type f | cargo run -p mirror --features telemetry -- /mnt/backup
//! ```
//!
//! A program that may be built without telemetry: the second is scraped, pushes and logs; the first has the same
//! code, and no exporter, no thread and none of the dependencies.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use telecine::Telemetry;
use telecine::media::FileType;
use telecine::media::upload::Recorder;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(target) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: find library -type f | mirror FOLDER");
        return Ok(ExitCode::from(2));
    };
    let telemetry = Telemetry::builder().service("mirror").version(env!("CARGO_PKG_VERSION")).init()?;

    let mut failed = 0;
    for name in io::stdin().lock().lines() {
        let name = name?;
        let upload = telemetry.media().upload(FileType::from_extension(&name)).store("file").key(&name).start();
        let copied = copy(Path::new(&name), &target, &upload.recorder());
        match upload.finish(copied) {
            Ok(bytes) => println!("{name}: {bytes} bytes"),
            Err(error) => {
                failed += 1;
                eprintln!("{name}: {error}");
            }
        }
    }

    if let Err(lost) = telemetry.shutdown_blocking(Duration::from_secs(5)) {
        eprintln!("{lost}");
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Nobody sees half a file: it gets its name when it is whole.
fn copy(source: &Path, target: &Path, recorder: &Recorder) -> io::Result<u64> {
    let below: PathBuf = source.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let path = target.join(below);
    let mut input = File::open(source)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.clone().into_os_string();
    name.push(".part");
    let copied = write(&mut input, Path::new(&name), recorder);
    match copied {
        Ok(_) => fs::rename(&name, &path)?,
        Err(_) => drop(fs::remove_file(&name)),
    }
    copied
}

fn write(input: &mut File, path: &Path, recorder: &Recorder) -> io::Result<u64> {
    let mut output = File::create(path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut written = 0;
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            output.sync_all()?;
            return Ok(written);
        }
        output.write_all(&buffer[..read])?;
        recorder.bytes(read as u64);
        written += read as u64;
    }
}
