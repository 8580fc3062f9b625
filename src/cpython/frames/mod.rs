//! Frames and code: functions, lines, coroutines, `with` blocks.

pub mod code;
pub mod code_location;
pub mod entered;
pub mod frame;
pub mod generator;
pub mod line_table;
