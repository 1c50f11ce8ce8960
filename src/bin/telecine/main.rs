//! The `telecine` command.

mod check;
mod config;
mod definitions;
mod slo;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use telecine::catalog::Catalog;

/// Tells what telecine measures, and how it is configured.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the catalogue: every instrument, its attributes and its buckets
    Catalog {
        /// In which form
        #[arg(long, value_enum, default_value_t = Format::Markdown)]
        format: Format,
    },
    /// Check and show OpenTelemetry's configuration file (OTEL_CONFIG_FILE)
    #[command(subcommand)]
    Config(config::Command),
    /// Print the recording rules and the alerts of service level objectives
    Slo(slo::Slo),
    Check(check::Command),
    Outline(check::Outline),
}

/// What a command writes to standard output, and whether it found everything as it should be.
struct Output {
    text: String,
    is_good: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For programs
    Json,
    /// For people: the page docs/metrics.md
    Markdown,
}

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    let Output { text, is_good } = match command {
        Command::Catalog { format } => Output { text: catalog(format), is_good: true },
        Command::Config(command) => command.run(),
        Command::Slo(slo) => slo.run(),
        Command::Check(command) => return ended(command.run()),
        Command::Outline(command) => return ended(command.run()),
    };
    written(&text, is_good)
}

/// What cannot be done at all is told on standard error, with a status of its own.
fn ended(output: Result<Output, String>) -> ExitCode {
    match output {
        Ok(Output { text, is_good }) => written(&text, is_good),
        Err(error) => {
            let _ = writeln!(io::stderr(), "telecine: {error}");
            ExitCode::from(2)
        }
    }
}

fn written(text: &str, is_good: bool) -> ExitCode {
    let end = if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => end,
        // Whoever reads has seen enough: `telecine catalog | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => end,
        Err(error) => {
            let _ = writeln!(io::stderr(), "telecine: standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

fn catalog(format: Format) -> String {
    match format {
        Format::Json => Catalog::own().to_json() + "\n",
        Format::Markdown => Catalog::own().to_markdown(),
    }
}
