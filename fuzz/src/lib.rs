//! What the fuzz targets do with their input. Each target is a plain function
//! of bytes, so that the seeds also run without libFuzzer (tests/seeds.rs).

pub mod bounded;
pub mod edits;
pub mod fixtures;
pub mod session;
pub mod targets;
