//! The checked description of one CPython build: where each field lies.
//!
//! Every [`Offset`] counts bytes from the start of the structure that its group
//! is named after. A field that a version does not have is `None`. Groups and
//! fields carry CPython's own names wherever it has one.
#![allow(
    missing_docs,
    reason = "most fields are CPython's, which documents them"
)]

mod execution;
mod format;
mod objects;
mod runtime;

use std::ops::Add;

use serde::{Deserialize, Serialize};

pub use execution::*;
pub use format::*;
pub use objects::*;
pub use runtime::*;

/// The distance in bytes of a field from the start of its structure.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize,
)]
#[serde(transparent)]
pub struct Offset(u32);

/// The size of a structure in bytes.
pub type Size = u32;

impl Offset {
    /// The offset of a field `bytes` bytes behind the start of its structure.
    #[must_use]
    pub const fn new(bytes: u32) -> Self {
        Self(bytes)
    }

    /// The distance in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// The address of this field in the structure at `addr`. Wraps around, since
    /// `addr` may come from damaged memory.
    #[inline]
    #[must_use]
    pub const fn at(self, addr: u64) -> u64 {
        addr.wrapping_add(self.0 as u64)
    }
}

impl From<Offset> for u64 {
    fn from(offset: Offset) -> Self {
        offset.0.into()
    }
}

impl Add<u32> for Offset {
    type Output = Self;

    fn add(self, bytes: u32) -> Self {
        Self(self.0.saturating_add(bytes))
    }
}

impl PartialEq<u32> for Offset {
    fn eq(&self, bytes: &u32) -> bool {
        self.0 == *bytes
    }
}

impl PartialOrd<u32> for Offset {
    fn partial_cmp(&self, bytes: &u32) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(bytes)
    }
}

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
    pub bytearray: ByteArray,
    pub unicode: Unicode,
    pub long: Long,
    pub float: Float,
    pub complex: Complex,
    pub range: Range,
    pub slice: Slice,
    pub dict: Dict,
    pub dict_keys: DictKeys,
    pub dict_entry: DictEntry,
    pub dict_view: DictView,
    pub ordered_dict: OrderedDict,
    pub default_dict: DefaultDict,
    pub attributes: Attributes,
    pub set: Set,
    pub deque: Deque,
    pub method: Method,
    pub builtin: Builtin,
    pub descriptor: Descriptor,
    pub property: Property,
    pub class_method: ClassMethod,
    pub mapping_proxy: MappingProxy,
    pub function: Function,
    pub cell: Cell,
    pub partial: Partial,
    pub context: Context,
    pub hamt: Hamt,
    pub lru_cache: LruCache,
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
    pub linked_list: LinkedList,
    pub wait_entry: WaitEntry,
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
    /// Which binary the numbers were read from, for a human reviewer.
    pub source: String,
}
