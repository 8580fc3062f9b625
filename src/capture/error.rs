//! Why a file is not taken for a recording, or was not written.

use std::io;

use thiserror::Error;

use crate::process::recorded::ImageError;

/// What is wrong with a capture.
#[derive(Debug, Error)]
pub enum CaptureError {
    #[error("it is not a capture of dapper-attach")]
    NoCapture,
    #[error("dapper-attach {tool} wrote it, in format {format}, which this version does not read")]
    Version { format: u16, tool: String },
    #[error("it is cut short")]
    Short,
    #[error("it is damaged: its checksum is wrong")]
    Damaged,
    #[error("it is larger than what is read of a capture")]
    TooLarge,
    #[error("its facts are damaged: {0}")]
    Facts(#[from] serde_json::Error),
    #[error("{0}")]
    Memory(#[from] ImageError),
    #[error("{0}")]
    Io(#[from] io::Error),
}
