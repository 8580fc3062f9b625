//! Decides when the memory of a process is read, and which parts of the result can be
//! trusted.

pub mod changed;
pub mod count;
pub mod decode_cache;
pub mod evidence;
pub mod iterations;
pub mod light;
pub mod proved_stacks;
pub mod recorded;
pub mod retained;
pub mod running_stacks;
pub mod sample;
pub mod sampler;
pub mod schedule;
