//! The arguments of `diff`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::args::TerminalArguments;
use super::help_text::DIFF_HELP;
use crate::profile::diff::Rule;

/// The options of `diff`.
#[derive(Debug, Args)]
#[command(after_long_help = DIFF_HELP)]
pub(super) struct DiffArguments {
    /// The recording to compare with, as `record -o FILE.dapper` writes it
    #[arg(value_name = "A", value_hint = ValueHint::FilePath)]
    pub a: PathBuf,
    /// The recording that is compared
    #[arg(value_name = "B", value_hint = ValueHint::FilePath)]
    pub b: PathBuf,
    /// Exit with status 3 if this time grew by more, such as wait:lock>+10%; can be given more
    /// than once
    #[arg(long, value_name = "RULE", value_parser = str::parse::<Rule>)]
    pub fail_on: Vec<Rule>,
    /// Print in this format; otherwise the one that the name of the output ends with, or text
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    format: Option<DiffFormat>,
    /// Short for --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Colours and width.
    #[command(flatten)]
    pub terminal: TerminalArguments,
}

/// Formats of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// Tables, for people
    Text,
    /// The same, for programs (docs/recording.md)
    Json,
    /// A page for any browser: a flame graph, red where there is more, blue where there is less
    Html,
}

impl DiffArguments {
    /// The format that is asked for, or that the name of the output tells.
    pub(super) fn chosen(&self) -> DiffFormat {
        let of_name = || match self.output.as_deref()?.extension()?.to_str()? {
            "html" | "htm" => Some(DiffFormat::Html),
            "json" => Some(DiffFormat::Json),
            _ => None,
        };
        match self.json {
            true => DiffFormat::Json,
            false => self.format.or_else(of_name).unwrap_or(DiffFormat::Text),
        }
    }

    /// The file to write. `None` for standard output.
    pub(super) fn path(&self) -> Option<&Path> {
        let path = self.output.as_deref()?;
        (path.as_os_str() != "-").then_some(path)
    }
}
