//! The wire: framing, messages, the protocol's own types, and refusals.

pub mod failure;
pub mod framing;
pub mod messages;
pub mod types;
pub mod unsupported;
