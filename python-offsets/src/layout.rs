//! The checked description of one CPython build: where each field lies.
//!
//! Every number is a byte offset from the start of the structure that the
//! group is named after. A field that a version does not have is `None`.
//! Groups and fields carry CPython's own names wherever it has one.

use serde::{Deserialize, Serialize};

/// A byte offset inside a structure of the target.
pub type Offset = u32;

/// All that is needed to decode one build of CPython.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub build: Build,
    pub format: Format,
    pub runtime: Runtime,
    pub interp: Interp,
    pub gil: Gil,
    pub gc: Gc,
    pub thread: Thread,
    pub object: Object,
    #[serde(rename = "type")]
    pub type_object: TypeObject,
    pub tuple: Items,
    pub list: Items,
    pub bytes: Bytes,
    pub unicode: Unicode,
    pub long: Long,
    pub float: Float,
    pub dict: Dict,
    pub dict_keys: DictKeys,
    pub attributes: Attributes,
    pub set: Set,
    pub deque: Deque,
    pub method: Method,
    pub builtin: Builtin,
    pub descriptor: Descriptor,
    pub function: Function,
    pub cell: Cell,
    pub partial: Partial,
    pub weakref: Weakref,
    pub module: Module,
    pub exception: Exception,
    pub traceback: Traceback,
    pub code: Code,
    pub frame: Frame,
    pub frame_object: FrameObject,
    pub generator: Generator,
    pub generator_state: GeneratorState,
    pub task: Task,
    pub awaitable: Awaitable,
    pub asyncio_state: AsyncioState,
    pub thread_lock: ThreadLock,
    pub rlock: RLock,
    pub simple_queue: SimpleQueue,
}

/// Which build a table describes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// `3.13`, or `3.13t` for the free-threaded ABI.
    pub minor: String,
    pub free_threaded: bool,
    /// Where the numbers were read, for a human reviewer.
    pub source: String,
}

/// Differences in meaning, not only in place. Each value names a form that
/// the decoders implement; a new minor picks one or brings a new one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    pub frame: FrameForm,
    pub stack: StackForm,
    pub suspended: SuspendedForm,
    pub lines: LineForm,
    pub int: IntForm,
    pub dict_keys: DictKeysForm,
    pub attributes: AttributesForm,
    pub references: ReferenceForm,
    pub running_loop: RunningLoopForm,
    pub task_list: TaskListForm,
    /// The awaited object is this many slots below the top of the stack.
    pub awaited_slot: u32,
    /// Opcodes that follow (or are) the suspension point of an `await`, for
    /// [`SuspendedForm::YieldFromOpcode`] and [`SuspendedForm::ResumeOpcode`].
    pub await_opcodes: Vec<u8>,
    /// Where the collector's lists may begin in builds of this minor whose
    /// `gc.heads` are not known; the lists themselves confirm one of these.
    pub collector_heads: Vec<Vec<u32>>,
    /// To 3.10: opcodes that begin a `with` block.
    pub with_opcodes: Vec<u8>,
    /// Values of `_PyInterpreterFrame.owner` that are no Python frame.
    pub skipped_owners: Vec<u8>,
    /// Value of `owner` of a frame embedded in a generator-like object.
    pub generator_owner: u8,
    /// The module globals of `asyncio.tasks` that hold tasks.
    pub task_sets: Vec<String>,
}

/// Where a Python frame lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameForm {
    /// `PyFrameObject`, to 3.10.
    Object,
    /// `_PyInterpreterFrame`, from 3.11.
    Interpreter,
}

/// How the top of a suspended frame's value stack is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StackForm {
    /// 3.7 to 3.9: `f_stacktop`, a pointer behind the last value.
    TopPointer,
    /// 3.10: `f_valuestack` and `f_stackdepth`.
    Depth,
    /// 3.11 to 3.13: `stacktop`, an index counted from `localsplus`.
    TopIndex,
    /// From 3.14: `stackpointer`, an absolute address.
    StackPointer,
}

/// How one sees that a generator-like frame is suspended at an await.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuspendedForm {
    /// To 3.10: the instruction after `f_lasti` is `YIELD_FROM`.
    YieldFromOpcode,
    /// 3.11, 3.12: the unit after `prev_instr` is `RESUME` with `oparg & 3 >= 2`.
    ResumeOpcode,
    /// From 3.13: the state `SUSPENDED_YIELD_FROM`.
    State,
}

/// Encoding of the table from byte code to lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineForm {
    /// `co_lnotab`, to 3.9; `f_lasti` counts bytes.
    Lnotab,
    /// PEP 626, 3.10; `f_lasti` counts code units.
    Ranges,
    /// Location entries with columns, from 3.11.
    Locations,
}

/// Representation of `int`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntForm {
    /// To 3.11: the sign of `ob_size` is the sign of the number.
    SignedSize,
    /// From 3.12: `lv_tag`.
    Tag,
}

/// Representation of `PyDictKeysObject`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DictKeysForm {
    /// To 3.10: `dk_size`; entries are always hash, key, value.
    Size,
    /// From 3.11: `dk_log2_index_bytes`, `dk_kind`.
    Log2,
}

/// Where the attributes of an instance are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributesForm {
    /// To 3.10: a dict at `tp_dictoffset`.
    DictOffset,
    /// 3.11: values pointer and dict pointer in front of the object.
    ValuesAndDict,
    /// 3.12: one word in front of the object, low bit set for values.
    Tagged,
    /// From 3.13: dict pointer in front of it, values behind it.
    Inline,
}

/// Representation of references in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceForm {
    Plain,
    /// From 3.14: `_PyStackRef`, the low two bits are a tag.
    Tagged,
}

/// Where a thread's running event loop is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunningLoopForm {
    /// 3.7 to 3.11: a `_RunningLoopHolder` in the thread state's dict.
    DictHolder,
    /// 3.12: the loop itself in the thread state's dict.
    Dict,
    /// From 3.13: a field of the thread state.
    Field,
}

/// Where native tasks are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskListForm {
    /// To 3.13: weak sets, globals of `asyncio.tasks`.
    WeakSets,
    /// From 3.14: linked lists in thread states and interpreters.
    Linked,
}

/// `_PyRuntimeState`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Size of `_PyRuntime`, which its ELF symbol states too.
    pub size: Option<Offset>,
    pub interpreters_head: Offset,
    pub interpreters_main: Offset,
    pub finalizing: Offset,
    /// `initialized`, non-zero once `Py_Initialize` returned.
    pub initialized: Option<Offset>,
    /// To 3.11: the thread state that holds the GIL.
    pub tstate_current: Option<Offset>,
    /// To 3.11: `_gil_runtime_state` inside the runtime.
    pub gil: Option<Offset>,
    /// To 3.8: the collector's state inside the runtime.
    pub gc: Option<Offset>,
}

/// `PyInterpreterState`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Interp {
    pub size: Option<Offset>,
    pub next: Offset,
    pub id: Offset,
    pub threads_head: Offset,
    pub modules: Offset,
    pub sysdict: Offset,
    /// From 3.12: pointer to the GIL's state.
    pub ceval_gil: Option<Offset>,
    /// From 3.9: the collector's state.
    pub gc: Option<Offset>,
    /// From 3.14: tasks of threads that have ended.
    pub asyncio_tasks_head: Option<Offset>,
}

/// `_gil_runtime_state`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gil {
    pub size: Offset,
    pub last_holder: Offset,
    pub locked: Offset,
}

/// `_gc_runtime_state`. Empty `heads` where there are no lists (free-threaded).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gc {
    /// Offsets of the `PyGC_Head` that starts each generation's list.
    pub heads: Vec<Offset>,
    /// Size of `PyGC_Head`, which lies in front of each tracked object.
    pub head_size: Offset,
}

/// `PyThreadState` (and `_PyThreadStateImpl`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Thread {
    /// Size of `PyThreadState`, which `_PyThreadStateImpl` begins with.
    pub size: Option<Offset>,
    pub next: Offset,
    pub interp: Offset,
    /// To 3.10: `frame`; from 3.13: `current_frame`.
    pub frame: Option<Offset>,
    /// 3.11, 3.12: pointer to a `_PyCFrame`.
    pub cframe: Option<Offset>,
    /// `_PyCFrame.current_frame`.
    pub cframe_current_frame: Option<Offset>,
    pub thread_id: Offset,
    pub native_thread_id: Option<Offset>,
    pub dict: Offset,
    pub asyncio_running_loop: Option<Offset>,
    pub asyncio_running_task: Option<Offset>,
    pub asyncio_tasks_head: Option<Offset>,
}

/// `PyObject` and `PyVarObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    pub size: Offset,
    /// None in free-threaded builds, which count in two places.
    pub ob_refcnt: Option<Offset>,
    /// References of the thread that owns the object; free-threaded builds only.
    pub ob_ref_local: Option<Offset>,
    /// References of all other threads, above two bits of flags; free-threaded
    /// builds only.
    pub ob_ref_shared: Option<Offset>,
    pub ob_type: Offset,
    pub ob_size: Offset,
}

/// `PyTypeObject` and `PyHeapTypeObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TypeObject {
    pub tp_name: Offset,
    pub tp_basicsize: Offset,
    pub tp_itemsize: Offset,
    pub tp_flags: Offset,
    pub tp_dict: Offset,
    pub tp_dictoffset: Offset,
    pub tp_mro: Offset,
    pub tp_subclasses: Offset,
    pub ht_qualname: Offset,
    pub ht_cached_keys: Offset,
}

/// `PyTupleObject`, `PyListObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    pub ob_item: Offset,
}

/// `PyBytesObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    pub ob_sval: Offset,
}

/// `PyASCIIObject`, `PyCompactUnicodeObject`, `PyUnicodeObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unicode {
    pub length: Offset,
    pub state: Offset,
    /// Size of `PyASCIIObject`: the text of compact ASCII follows it.
    pub ascii_size: Offset,
    /// Size of `PyCompactUnicodeObject`: other compact text follows it.
    pub compact_size: Offset,
    /// Bit of the `u32` at `state` where the three bits of the kind start; the
    /// compact and ascii bits follow them.
    pub kind_shift: u32,
}

/// `PyLongObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Long {
    /// `lv_tag`, or `ob_size` in [`IntForm::SignedSize`].
    pub tag: Offset,
    pub ob_digit: Offset,
}

/// `PyFloatObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Float {
    pub ob_fval: Offset,
}

/// `PyDictObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dict {
    pub ma_used: Offset,
    pub ma_keys: Offset,
    pub ma_values: Offset,
}

/// `PyDictKeysObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DictKeys {
    /// To 3.10.
    pub dk_size: Option<Offset>,
    /// From 3.11.
    pub dk_log2_index_bytes: Option<Offset>,
    pub dk_kind: Option<Offset>,
    pub dk_nentries: Offset,
    pub dk_indices: Offset,
}

/// Instance attributes outside `tp_dictoffset`, counted from the object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attributes {
    /// Managed dict pointer, negative: in front of the object.
    pub managed_dict: Option<i32>,
    /// 3.11: pointer to the values, negative.
    pub values: Option<i32>,
    /// First value counted from the start of `PyDictValues`.
    pub first_value: Offset,
    /// From 3.13: the byte of `PyDictValues` that says the values are current.
    pub valid: Option<Offset>,
}

/// `PySetObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    pub used: Offset,
    pub mask: Offset,
    pub table: Offset,
}

/// `dequeobject` and its `BLOCK`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deque {
    pub leftblock: Offset,
    pub leftindex: Offset,
    pub maxlen: Offset,
    pub block_data: Offset,
    pub block_right: Offset,
    /// Items in one block.
    pub block_length: u32,
}

/// `PyMethodObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    pub im_func: Offset,
    pub im_self: Offset,
}

/// `PyCFunctionObject`; `ml_name` is the first field of `PyMethodDef`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Builtin {
    pub m_ml: Offset,
    pub m_self: Offset,
}

/// `PyMemberDescrObject`, `PyMethodDescrObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// `d_member` or `d_method`.
    pub d_member: Offset,
    /// `PyMemberDef.type`.
    pub member_type: Offset,
    /// `PyMemberDef.offset`.
    pub member_offset: Offset,
    /// Name of any descriptor.
    pub d_name: Offset,
}

/// `PyFunctionObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    pub func_code: Offset,
    pub func_qualname: Offset,
    pub func_closure: Offset,
    pub func_globals: Offset,
}

/// `PyCellObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    pub ob_ref: Offset,
}

/// `partialobject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    #[serde(rename = "fn")]
    pub func: Offset,
    pub args: Offset,
    pub kw: Offset,
}

/// `PyWeakReference`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Weakref {
    pub wr_object: Offset,
}

/// `PyModuleObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub md_dict: Offset,
    pub md_state: Offset,
}

/// `PyBaseExceptionObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    pub args: Offset,
    pub traceback: Offset,
}

/// `PyTracebackObject`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Traceback {
    pub tb_next: Offset,
    pub tb_frame: Offset,
    /// Byte offset into the code (code units on 3.10 are already multiplied).
    pub tb_lasti: Offset,
    /// -1 from 3.12 where it is computed on demand.
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
    /// `f_stacktop`, `f_stackdepth`, `stacktop` or `stackpointer`, see [`StackForm`].
    pub stack: Offset,
    /// To 3.10.
    pub valuestack: Option<Offset>,
    /// 3.10: `f_state`.
    pub state: Option<Offset>,
    /// From 3.11.
    pub owner: Option<Offset>,
    /// Free-threaded 3.14 and later.
    pub tlbc_index: Option<Offset>,
    /// To 3.10: `f_iblock`, `f_blockstack`, `sizeof(PyTryBlock)`, `b_level`.
    pub block_count: Option<Offset>,
    pub blocks: Option<Offset>,
    pub block_size: Option<Offset>,
    pub block_level: Option<Offset>,
}

/// `PyFrameObject` from 3.11: how a traceback's frame reaches the real one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FrameObject {
    pub f_frame: Option<Offset>,
}

/// `PyGenObject`, `PyCoroObject`, `PyAsyncGenObject`: one shape.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// To 3.10: pointer to the frame, null when finished.
    pub frame: Option<Offset>,
    /// To 3.9: non-zero while it executes.
    pub running: Option<Offset>,
    /// To 3.10: its code, kept when the frame is gone.
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
    /// Suspended at a plain `yield`, or at either where one number serves both.
    pub suspended: Vec<i8>,
    pub suspended_yield_from: Vec<i8>,
    pub executing: Vec<i8>,
    /// Completed or cleared.
    pub finished: Vec<i8>,
}

/// `TaskObj` and `FutureObj`, which begins with the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// `tp_basicsize` of `_asyncio.Task`: what tells one row from another.
    pub size: Offset,
    /// `tp_basicsize` of `_asyncio.Future`.
    pub future_size: Offset,
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
    /// Bit of the byte at `log_tb`; none where it is a whole number.
    pub log_tb_bit: Option<u32>,
    pub must_cancel: Offset,
    pub must_cancel_bit: Option<u32>,
    pub num_cancels_requested: Option<Offset>,
    pub fut_waiter: Offset,
    pub coro: Offset,
    /// From 3.8.
    pub name: Option<Offset>,
    /// From 3.14.
    pub awaited_by: Option<Offset>,
    pub awaited_by_is_set: Option<Offset>,
    pub node: Option<Offset>,
}

/// Small objects between a coroutine and what it awaits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Awaitable {
    /// First field of `FutureIter`, `coroutine_wrapper`, `async_generator_asend`,
    /// `async_generator_athrow`, `anext_awaitable` and `TaskWakeupMethWrapper`.
    pub wrapped: Offset,
    /// `_RunningLoopHolder.rl_loop`.
    pub running_loop: Offset,
}

/// Module state of `_asyncio`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AsyncioState {
    /// From 3.14: tasks of foreign types, not in any module dict.
    pub non_asyncio_tasks: Option<Offset>,
    pub non_asyncio_eager_tasks: Option<Offset>,
}

/// `lockobject` (`_thread.lock`, Modules/_threadmodule.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadLock {
    /// Pointer to the semaphore; to 3.13.0, as is `locked`.
    pub lock: Option<Offset>,
    pub locked: Option<Offset>,
    /// The `PyMutex`; later.
    pub mutex: Option<Offset>,
}

/// `rlockobject` (`_thread.RLock`, Modules/_threadmodule.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RLock {
    /// Pointer to the semaphore; to 3.13, as is `count`.
    pub lock: Option<Offset>,
    /// The `PyMutex`; from 3.14, as is `level`.
    pub mutex: Option<Offset>,
    /// Ident of the thread that holds it, or 0.
    pub owner: Offset,
    /// How often it is held.
    pub count: Option<Offset>,
    /// How often it is held beside the first time.
    pub level: Option<Offset>,
}

/// `simplequeueobject` (`_queue.SimpleQueue`, Modules/_queuemodule.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SimpleQueue {
    /// To 3.12: a list, and the index of its first item.
    pub list: Option<Offset>,
    pub list_start: Option<Offset>,
    /// From 3.13: a ring buffer.
    pub ring_items: Option<Offset>,
    pub ring_capacity: Option<Offset>,
    pub ring_start: Option<Offset>,
    pub ring_count: Option<Offset>,
}
