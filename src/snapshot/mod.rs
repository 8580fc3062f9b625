//! The plain model that everything after it reads, and how it is taken.

mod build;
mod changed;
pub mod count;
mod edges;
mod frames;
pub mod ids;
pub mod kept;
mod loops;
pub mod model;
mod order;
pub mod recorded;
mod seen;
pub mod take;
mod tasks;
mod threads;
mod waits;
pub mod watch;

pub use model::*;
