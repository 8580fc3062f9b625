//! Why a capture could not be read or written.

use std::io;

use thiserror::Error;

use crate::process::recorded::ImageError;
use crate::profile::PartError;

/// Why a capture could not be read or written.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// The file does not begin with the magic bytes.
    #[error("it is not a capture of dapper-attach")]
    NoCapture,
    /// The file has another version of the format.
    #[error("dapper-attach {tool} wrote it in format {format}, which this version cannot read")]
    Version {
        /// Version of the format.
        format: u16,
        /// Version of the dapper-attach that wrote it.
        tool: String,
    },
    /// The file ends too early.
    #[error("it is cut short")]
    Short,
    /// The checksum or a length is wrong.
    #[error("it is damaged: its checksum is wrong")]
    Damaged,
    /// The capture exceeds a limit on its size.
    #[error("it is larger than the limit for captures")]
    TooLarge,
    /// The JSON part could not be parsed or written.
    #[error("its facts are damaged: {0}")]
    Facts(#[from] serde_json::Error),
    /// A memory image could not be read.
    #[error("{0}")]
    Memory(#[from] ImageError),
    /// A part of a timeline does not fit to those before it.
    #[error("a part of it is damaged: {0}")]
    Part(#[from] PartError),
    /// The file could not be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
}
