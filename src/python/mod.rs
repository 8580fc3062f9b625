//! CPython's structures, read through a layout: runtime, threads, frames,
//! code, line tables, objects.

pub mod attributes;
pub mod callables;
pub mod candidates;
pub mod code;
pub mod containers;
pub mod error;
pub mod frame;
pub mod gc;
pub mod generator;
pub mod held;
pub mod known;
pub mod lines;
mod measured;
mod objects;
pub mod operands;
mod place;
pub mod reader;
pub mod refcount;
mod repr;
pub mod runtime;
pub mod search;
pub mod text;
pub mod thread;
pub mod thread_lock;
pub mod types;
pub mod value;

pub use code::Code;
pub use error::DecodeError;
pub use frame::{FrameSlot, RawFrame};
pub use generator::{GeneratorStage, RawGenerator};
pub use held::Entered;
pub use place::CodePlace;
pub use reader::Reader;
pub use runtime::Runtime;
pub use thread::{Interpreter, RawStack, ThreadState};
pub use types::{Kind, Type};
