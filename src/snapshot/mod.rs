//! The plain model that everything after it reads, and how it is taken.

pub mod build;
pub mod edges;
pub mod frames;
pub mod in_use;
pub mod loops;
pub mod task_order;
pub mod tasks;
pub mod threads;
pub mod waits;

pub use crate::model::*;
