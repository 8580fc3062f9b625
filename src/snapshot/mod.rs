//! Assembly of the model from what readers decode; nothing is read or judged here
//! beyond what one snapshot shows.

pub mod build;
pub mod edges;
pub mod frames;
pub mod heap;
mod in_use;
pub mod loops;
pub mod options;
mod task_order;
pub mod tasks;
pub mod threads;
pub mod waits;
