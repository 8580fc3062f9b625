//! The process from outside: mappings, ELF images, memory, stopping, namespaces.

pub mod error;
pub mod memory;

pub use error::Error;
pub use memory::{Mapping, Memory, Piece, ReadCause, ReadError, ReadStats};
