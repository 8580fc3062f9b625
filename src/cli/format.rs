//! `--format` and its short forms.

use clap::{Args, ValueEnum};

/// Formats of a snapshot. A new one is a variant here and an arm in
/// `report::write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The report, for people
    Text,
    /// The whole snapshot, for programs (docs/snapshot-json.md)
    Json,
    /// The graph of who waits for whom, for Graphviz
    Dot,
}

/// The format of a report, as the command line asks for it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct FormatArguments {
    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Short for --format dot
    #[arg(long, conflicts_with_all = ["format", "json"])]
    dot: bool,
}

impl FormatArguments {
    /// The format that `--format` or one of its short forms names.
    pub(super) fn chosen(&self) -> Format {
        match (self.json, self.dot) {
            (true, _) => Format::Json,
            (false, true) => Format::Dot,
            (false, false) => self.format,
        }
    }
}

/// Formats of the commands that print a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// A list, for people
    Text,
    /// The same, for programs (docs/snapshot-json.md)
    Json,
}

/// The format of a list, as the command line asks for it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct ListFormatArguments {
    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl ListFormatArguments {
    /// The format that `--format` or its short form names.
    pub(super) fn chosen(&self) -> ListFormat {
        match self.json {
            true => ListFormat::Json,
            false => self.format,
        }
    }
}
