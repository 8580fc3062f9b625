//! Differences in meaning between versions: the forms that decoders implement.

use serde::{Deserialize, Serialize};

use super::Offset;

/// Differences in meaning, not only in position. Each value names a form that
/// the decoders implement. A new minor picks one or adds one.
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
    /// Slots from the end of the value stack down to the awaited object.
    pub awaited_slot: u32,
    /// Opcodes at, or directly after, the suspension point of an `await`; for
    /// [`SuspendedForm::YieldFromOpcode`] and [`SuspendedForm::ResumeOpcode`].
    pub await_opcodes: Vec<u8>,
    /// Candidates for `gc.heads` in builds of this minor that no variant
    /// recognises. The reader confirms one of them in the process.
    pub collector_heads: Vec<Vec<Offset>>,
    /// To 3.10: opcodes that begin a `with` block.
    pub with_opcodes: Vec<u8>,
    /// To 3.10: the opcode `EXTENDED_ARG`.
    pub extended_arg_opcode: Option<u8>,
    /// Values of `_PyInterpreterFrame.owner` that mark an entry without Python code.
    pub skipped_owners: Vec<u8>,
    /// Value of `owner` of a frame embedded in a generator-like object.
    pub generator_owner: u8,
    /// The module globals of `asyncio.tasks` that hold tasks.
    pub task_sets: Vec<String>,
}

/// Which structure is a Python frame.
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

/// How to recognise a generator-like frame that is suspended at an `await`.
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

/// Encoding of the table that maps byte code to lines.
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

/// Where an instance stores its attributes.
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
    /// To 3.13: plain pointers.
    Plain,
    /// From 3.14: `_PyStackRef`, whose low two bits are a tag.
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
