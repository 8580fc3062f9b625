//! One file for each family of requests. `session::Session` says which method
//! answers which request.

pub mod completions;
pub mod console;
pub mod custom;
pub mod evaluate;
pub mod inspect;
pub mod lifecycle;
pub mod looks;
pub mod prefix;
pub mod sources;
