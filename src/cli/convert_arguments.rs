//! The arguments of `convert`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::help_text::CONVERT_HELP;
use super::record_arguments::ProfileFormat;

/// The options of `convert`.
#[derive(Debug, Args)]
#[command(after_long_help = CONVERT_HELP)]
pub(super) struct ConvertArguments {
    /// The recording, as `record -o FILE.dapper` writes it; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The format; otherwise the one that the name of the output ends with, or html
    #[arg(short, long, value_name = "FORMAT", value_parser = ProfileFormat::of_conversion())]
    pub format: Option<ProfileFormat>,
    /// The file to write; `-` is standard output. Without it, beside the recording
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

impl ConvertArguments {
    /// The format that is asked for, or that the name of the output tells.
    pub(super) fn chosen(&self) -> ProfileFormat {
        let of_name = || ProfileFormat::of_file(self.output.as_deref()?);
        self.format
            .or_else(of_name)
            .filter(|format| *format != ProfileFormat::Dapper)
            .unwrap_or(ProfileFormat::Html)
    }
}
