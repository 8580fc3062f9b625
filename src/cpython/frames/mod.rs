//! Frames and code: functions, lines, coroutines and `with` blocks.

pub mod code;
pub mod code_location;
pub mod entered;
pub mod frame;
pub mod generator;
mod handlers;
pub mod line_table;
