//! The debug adapter: threads and tasks of a running process for editors.
//!
//! [`session::Session`] is the adapter without threads, input or output; its
//! `dispatch` says which method answers which request. [`server`] adds the threads,
//! [`transport`] the connections. `requests` holds the answers, one file for each
//! family; `values` holds what clients open (stacks, scopes, variables);
//! `protocol` holds the messages on the wire.

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

pub use values::opened_process::OpenedProcess;
