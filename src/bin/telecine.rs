//! The `telecine` command.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use telecine::catalog::Catalog;

/// Tells what telecine measures.
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
    let text = match command {
        Command::Catalog { format } => catalog(format),
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever reads has seen enough: `telecine catalog | head`.
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
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
