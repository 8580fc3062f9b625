//! The debug adapter: threads and tasks of a running process for editors.
//!
//! [`session::Session`] is the adapter without threads, input or output;
//! [`server`] gives it those.

pub mod protocol;
pub mod requests;
pub mod server;
pub mod session;
#[cfg(test)]
mod tests;
mod threads;
pub mod transport;
pub mod values;
mod view;

pub use values::handles::Bench;
