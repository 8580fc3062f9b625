//! The debug adapter: threads and tasks of a running process for editors.
//!
//! [`session::Session`] is the adapter without threads, input or output;
//! [`server`] gives it those.

mod bench;
mod completing;
mod console;
mod custom;
mod evaluating;
mod failure;
mod frames;
pub mod framing;
mod inspecting;
pub mod jobs;
mod looking;
mod objects;
mod options;
mod protocol;
mod refused;
mod scopes;
pub mod server;
pub mod session;
mod shown;
mod since;
mod sources;
mod stack;
mod telling;
#[cfg(test)]
mod tests;
mod threads;
mod timing;
pub mod transport;
mod types;
mod variables;
mod view;

pub use bench::Bench;
