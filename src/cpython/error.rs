//! Errors of decoding one object of the process.

use thiserror::Error;

use crate::process::ReadError;

/// A structure that could not be decoded. The error belongs to the one task,
/// frame or value that it affects. `what` names the structure or field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Its memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A pointer that must not be null is null.
    #[error("{what} is null")]
    Null {
        /// Name of the pointer.
        what: &'static str,
    },
    /// A pointer is no address of user space.
    #[error("{what} at 0x{addr:x} is no valid address")]
    BadPointer {
        /// Name of the pointer.
        what: &'static str,
        /// Its value.
        addr: u64,
    },
    /// An object has another type than expected.
    #[error("{what} at 0x{addr:x} has the type {found}")]
    WrongType {
        /// The expected kind of object.
        what: &'static str,
        /// Address of the object.
        addr: u64,
        /// Name of its type.
        found: String,
    },
    /// A length or count exceeds its limit.
    #[error("{what} is {value}, more than the limit of {limit}")]
    Limit {
        /// Name of the length or count.
        what: &'static str,
        /// Its value.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// The structure contradicts itself, mostly because it changed while it
    /// was read.
    #[error("{what} at 0x{addr:x} is not consistent")]
    Corrupt {
        /// Name of the structure.
        what: &'static str,
        /// Its address.
        addr: u64,
    },
    /// This build does not have the field, or no source knows where it is.
    #[error("this build's layout does not have {what}")]
    NotInLayout {
        /// Name of the field.
        what: &'static str,
    },
}

/// The result of decoding something.
pub type Result<T> = std::result::Result<T, DecodeError>;
