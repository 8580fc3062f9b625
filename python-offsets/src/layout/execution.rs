//! Code, frames, generators, and the tasks of `_asyncio`.

use serde::{Deserialize, Serialize};

use super::{Offset, Size};

/// `PyTracebackObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Traceback {
    pub tb_next: Offset,
    pub tb_frame: Offset,
    /// Offset in bytes into the code, also on 3.10.
    pub tb_lasti: Offset,
    /// From 3.12: -1 until somebody asks for it.
    pub tb_lineno: Offset,
}

/// `PyCodeObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    pub co_argcount: Offset,
    pub co_flags: Offset,
    pub co_firstlineno: Offset,
    pub co_filename: Offset,
    pub co_name: Offset,
    /// From 3.11.
    pub co_qualname: Option<Offset>,
    /// `co_lnotab` to 3.9, `co_linetable` from 3.10.
    pub co_linetable: Offset,
    /// To 3.10: the bytes object with the instructions.
    pub co_code: Option<Offset>,
    /// From 3.11: the instructions themselves.
    pub co_code_adaptive: Option<Offset>,
    /// To 3.10.
    pub co_varnames: Option<Offset>,
    pub co_cellvars: Option<Offset>,
    pub co_freevars: Option<Offset>,
    /// From 3.11.
    pub co_nlocalsplus: Option<Offset>,
    pub co_localsplusnames: Option<Offset>,
    pub co_localspluskinds: Option<Offset>,
    /// Free-threaded 3.14 and later: byte code per thread.
    pub co_tlbc: Option<Offset>,
    pub co_names: Offset,
    /// From 3.11; before, a frame has a stack of blocks.
    pub co_exceptiontable: Option<Offset>,
}

/// `PyFrameObject` to 3.10, `_PyInterpreterFrame` from 3.11.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    pub previous: Offset,
    /// `f_code` or `f_executable`.
    pub code: Offset,
    pub globals: Offset,
    pub localsplus: Offset,
    /// To 3.10.
    pub lasti: Option<Offset>,
    /// From 3.11: `prev_instr` or `instr_ptr`.
    pub instr_ptr: Option<Offset>,
    /// `f_stacktop`, `f_stackdepth`, `stacktop` or `stackpointer`, see [`StackForm`](super::StackForm).
    pub stack: Offset,
    /// To 3.10.
    pub valuestack: Option<Offset>,
    /// 3.10: `f_state`.
    pub state: Option<Offset>,
    /// From 3.11.
    pub owner: Option<Offset>,
    /// Free-threaded 3.14 and later.
    pub tlbc_index: Option<Offset>,
    /// To 3.10: `f_iblock`.
    pub block_count: Option<Offset>,
    /// To 3.10: `f_blockstack`.
    pub blocks: Option<Offset>,
    /// To 3.10: `sizeof(PyTryBlock)`.
    pub block_size: Option<Size>,
    /// To 3.10: `PyTryBlock.b_level`.
    pub block_level: Option<Offset>,
    /// To 3.10: `PyTryBlock.b_handler`.
    pub block_handler: Option<Offset>,
}

/// `PyFrameObject` from 3.11, which tracebacks refer to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FrameObject {
    /// Pointer to the `_PyInterpreterFrame`.
    pub f_frame: Option<Offset>,
}

/// `PyGenObject`, `PyCoroObject` and `PyAsyncGenObject`, which share one shape.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// To 3.10: pointer to the frame; null once finished.
    pub frame: Option<Offset>,
    /// To 3.9: non-zero while it executes.
    pub running: Option<Offset>,
    /// To 3.10: the code, kept after the frame is freed.
    pub code: Option<Offset>,
    /// From 3.11: the embedded frame.
    pub iframe: Option<Offset>,
    /// From 3.11: an `i8`.
    pub frame_state: Option<Offset>,
    pub name: Offset,
    pub qualname: Offset,
}

/// The numbers of `gi_frame_state` (3.10: `f_state`); empty lists to 3.9.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorState {
    pub created: Vec<i8>,
    /// Suspended at a plain `yield`. In versions with one number for both, also at an `await`.
    pub suspended: Vec<i8>,
    pub suspended_yield_from: Vec<i8>,
    pub executing: Vec<i8>,
    /// Completed or cleared.
    pub finished: Vec<i8>,
}

/// `TaskObj`. `FutureObj` begins with the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// `tp_basicsize` of `_asyncio.Task`, by which variants are recognised.
    pub size: Size,
    /// `tp_basicsize` of `_asyncio.Future`.
    pub future_size: Size,
    #[serde(rename = "loop")]
    pub event_loop: Offset,
    pub callback0: Offset,
    pub callbacks: Offset,
    pub exception: Offset,
    pub result: Offset,
    pub source_tb: Offset,
    /// `i32`: 0 pending, 1 cancelled, 2 finished.
    pub state: Offset,
    pub log_tb: Offset,
    /// Bit of the byte at `log_tb`. `None` where the flag is a whole number.
    pub log_tb_bit: Option<u32>,
    pub must_cancel: Offset,
    /// Bit of the byte at `must_cancel`. `None` where the flag is a whole number.
    pub must_cancel_bit: Option<u32>,
    pub num_cancels_requested: Option<Offset>,
    pub fut_waiter: Offset,
    pub coro: Offset,
    pub context: Offset,
    /// From 3.8.
    pub name: Option<Offset>,
    /// From 3.14.
    pub awaited_by: Option<Offset>,
    pub awaited_by_is_set: Option<Offset>,
    pub node: Option<Offset>,
}

/// Small objects between a coroutine and the object that it awaits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Awaitable {
    /// First field of `FutureIter`, `coroutine_wrapper`, `async_generator_asend`,
    /// `async_generator_athrow`, `anext_awaitable`, `TaskWakeupMethWrapper` and
    /// `TaskStepMethWrapper`.
    pub wrapped: Offset,
    /// `_RunningLoopHolder.rl_loop`.
    pub running_loop: Offset,
}

/// Module state of `_asyncio`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AsyncioState {
    /// From 3.14: tasks of other types, which no module dict holds.
    pub non_asyncio_tasks: Option<Offset>,
    pub non_asyncio_eager_tasks: Option<Offset>,
}
