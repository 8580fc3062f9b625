//! CPython's structures, read through a layout: runtime, threads, frames,
//! code, line tables and objects.

pub mod error;
pub mod frames;
pub mod objects;
pub mod reader;
pub mod runtime;
pub mod threads;

pub use error::DecodeError;
pub use frames::code::Code;
pub use frames::code_location::CodeLocation;
pub use frames::entered::EnteredManager;
pub use frames::frame::{CodeWords, FrameSlot, RawFrame};
pub use frames::generator::{GeneratorStage, RawGenerator};
pub use objects::contexts::ContextValues;
pub use objects::kinds::Kind;
pub use objects::parts::Step;
pub use objects::types::{Type, untag};
pub use reader::Reader;
pub use runtime::Runtime;
pub use threads::thread::{Interpreter, RawStack, ThreadState};
