//! What went wrong with one object of the target.

use thiserror::Error;

use crate::process::ReadError;

/// A structure of the target that could not be decoded. It belongs to the one
/// task, frame or value it hit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{what} is null")]
    Null { what: &'static str },
    #[error("{what} at 0x{addr:x} is no valid address")]
    BadPointer { what: &'static str, addr: u64 },
    #[error("{what} at 0x{addr:x} has the type {found}")]
    WrongType {
        what: &'static str,
        addr: u64,
        found: String,
    },
    #[error("{what} is {value}, more than the limit of {limit}")]
    Limit {
        what: &'static str,
        value: u64,
        limit: u64,
    },
    #[error("{what} at 0x{addr:x} is not consistent")]
    Corrupt { what: &'static str, addr: u64 },
    #[error("this build's layout does not have {what}")]
    NotInLayout { what: &'static str },
}

/// Shorthand for results of this room.
pub type Result<T> = std::result::Result<T, DecodeError>;
