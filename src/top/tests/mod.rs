//! Tests of the live view.

mod fold;
mod pictures;
mod programs;
mod walk;
