//! Assembles the model of one snapshot from decoded objects. Samples are compared and
//! judged elsewhere.

pub mod build;
pub mod edges;
mod exceptions;
pub mod frames;
mod greenlet_tasks;
pub mod greenlets;
pub mod heap;
mod in_use;
pub mod kernel_threads;
pub mod loops;
pub mod options;
mod task_order;
pub mod tasks;
pub mod threads;
pub mod trio;
pub mod waits;
