//! The arguments of `check`.

use std::path::PathBuf;

use clap::{Args, ValueHint, value_parser};

use super::args::{LIVE_ONLY, ReadArguments, TerminalArguments};
use super::format::ListFormatArguments;
use crate::capture::At;

/// The options of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// The process to inspect
    #[arg(short, long, required_unless_present = "capture", value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Inspect this capture instead of a process; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = &LIVE_ONLY[1..])]
    pub capture: Option<PathBuf>,
    /// Of a recording over time, the look at or before this time, as for a report
    #[arg(long, value_name = "TIME", value_parser = str::parse::<At>, requires = "capture", conflicts_with = "pid")]
    #[arg(allow_hyphen_values = true)]
    pub at: Option<At>,
    /// How the process is read.
    #[command(flatten)]
    pub read: ReadArguments,
    /// The output format.
    #[command(flatten)]
    pub format: ListFormatArguments,
    /// Colours and width.
    #[command(flatten)]
    pub terminal: TerminalArguments,
}
