//! One file per family of requests.

pub mod completions;
pub mod console;
pub mod custom;
pub mod evaluate;
pub mod inspect;
pub mod lifecycle;
pub mod sources;
