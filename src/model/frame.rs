//! Frames and their local variables.

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use super::id::ItemId;

/// One frame of an await chain or of the stack of a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Name of the function.
    pub function: ArcStr,
    /// Qualified name of the function. The plain name before CPython 3.11.
    pub qualname: ArcStr,
    /// Path of the source file. `None` for frames that are not Python's.
    pub file: Option<ArcStr>,
    /// Line in that file, from 1. `None` if it is not known.
    pub line: Option<u32>,
    /// Column in that line, in UTF-8 bytes from 1. `None` before CPython 3.11, and if
    /// it is not known.
    pub column: Option<u32>,
    /// The kind of code that the frame runs.
    pub kind: FrameKind,
    /// Whether the code is of the standard library or of an installed package.
    pub library: bool,
    /// In the stack of a thread: the task whose coroutine the frame belongs to. `None`
    /// if it belongs to no task.
    pub owner: Option<ItemId>,
    /// Local variables. `None` unless they were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locals: Option<Vec<Local>>,
    /// What could not be read of the frame. `None` if all was read.
    pub error: Option<String>,
    /// Addresses of the frame, for reading more of it later. `None` unless they were
    /// asked for. They are not part of the JSON.
    #[serde(skip)]
    pub place: Option<FrameLocation>,
    /// Bytes from the first instruction of its code to the one at which the frame stands,
    /// negative before the first. `None` where `place` is. Not part of the JSON.
    #[serde(skip)]
    pub instruction: Option<i64>,
}

/// Addresses of a frame in the memory of the target at the time of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameLocation {
    /// Address of the frame: a `PyFrameObject` up to CPython 3.10
    /// (Include/cpython/frameobject.h), a `_PyInterpreterFrame` from 3.11
    /// (Include/internal/pycore_frame.h).
    pub frame: u64,
    /// Address of its code object.
    pub code: u64,
}

/// The kind of code that a frame runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    /// A function, a module or a class body.
    Function,
    /// A coroutine (`async def`).
    Coroutine,
    /// A generator.
    Generator,
    /// An asynchronous generator.
    AsyncGenerator,
    /// Code that is not Python's: a coroutine of Cython, or an iterator of a
    /// program's own. Only its name is known.
    Native,
}

/// One local variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Name of the variable.
    pub name: ArcStr,
    /// Full name of the type of its value.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    /// Text of its value, like `repr()` gives it, within the limits.
    pub value: ArcStr,
}
