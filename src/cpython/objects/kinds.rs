//! The kinds of objects that have a decoder, and the names of their types.

use super::types::FLAG_HEAP_TYPE;

/// A kind of object. All but [`Kind::Other`] have a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `NoneType`
    None,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `complex`
    Complex,
    /// `str`
    Str,
    /// `bytes`
    Bytes,
    /// `bytearray`
    ByteArray,
    /// `tuple`
    Tuple,
    /// `list`
    List,
    /// `dict`
    Dict,
    /// `set`
    Set,
    /// `frozenset`
    FrozenSet,
    /// `collections.deque`
    Deque,
    /// `coroutine`
    Coroutine,
    /// `generator`
    Generator,
    /// `async_generator`
    AsyncGenerator,
    /// `coroutine_wrapper`, and the awaitables of asynchronous generators.
    AwaitableWrapper,
    /// `_asyncio.FutureIter`
    FutureIter,
    /// `_asyncio.Future`
    Future,
    /// `_asyncio.Task`
    Task,
    /// `TaskWakeupMethWrapper`, 3.7 to 3.9.
    TaskWakeup,
    /// `TaskStepMethWrapper`
    TaskStep,
    /// `_RunningLoopHolder`
    RunningLoopHolder,
    /// `method`
    Method,
    /// `builtin_function_or_method`
    Builtin,
    /// `function`
    Function,
    /// `member_descriptor`
    MemberDescriptor,
    /// `method_descriptor`
    MethodDescriptor,
    /// `functools.partial`
    Partial,
    /// What `functools.lru_cache` makes of a function.
    LruCache,
    /// A result in it, where their number is bounded.
    LruLink,
    /// `weakref`
    Weakref,
    /// `cell`
    Cell,
    /// `contextvars.Context`
    Context,
    /// `contextvars.ContextVar`
    ContextVar,
    /// The mapping of a context, and its nodes (Python/hamt.c).
    Hamt,
    /// `hamt_bitmap_node`
    HamtBitmap,
    /// `hamt_array_node`
    HamtArray,
    /// `hamt_collision_node`
    HamtCollision,
    /// `module`
    Module,
    /// `type`
    Type,
    /// `code`
    Code,
    /// `frame`
    Frame,
    /// `traceback`
    Traceback,
    /// `BaseException` and its subclasses.
    Exception,
    /// `mappingproxy`
    MappingProxy,
    /// `range`
    Range,
    /// `ellipsis`
    Ellipsis,
    /// `NotImplementedType`
    NotImplemented,
    /// `property`
    Property,
    /// Any other type.
    Other,
}

impl Kind {
    /// Whether it is a number, text, or `None`.
    pub fn is_scalar(self) -> bool {
        matches!(
            self,
            Self::None | Self::Bool | Self::Int | Self::Float | Self::Str | Self::Bytes
        )
    }
}

/// `tp_name` of types that C code defines, and the kind each stands for.
const KINDS: &[(&str, Kind)] = &[
    ("NoneType", Kind::None),
    ("bool", Kind::Bool),
    ("int", Kind::Int),
    ("float", Kind::Float),
    ("complex", Kind::Complex),
    ("str", Kind::Str),
    ("bytes", Kind::Bytes),
    ("bytearray", Kind::ByteArray),
    ("tuple", Kind::Tuple),
    ("list", Kind::List),
    ("dict", Kind::Dict),
    ("set", Kind::Set),
    ("frozenset", Kind::FrozenSet),
    ("collections.deque", Kind::Deque),
    ("coroutine", Kind::Coroutine),
    ("generator", Kind::Generator),
    ("async_generator", Kind::AsyncGenerator),
    ("coroutine_wrapper", Kind::AwaitableWrapper),
    ("async_generator_asend", Kind::AwaitableWrapper),
    ("async_generator_athrow", Kind::AwaitableWrapper),
    ("anext_awaitable", Kind::AwaitableWrapper),
    ("_asyncio.FutureIter", Kind::FutureIter),
    ("_asyncio.Future", Kind::Future),
    ("_asyncio.Task", Kind::Task),
    ("TaskWakeupMethWrapper", Kind::TaskWakeup),
    ("TaskStepMethWrapper", Kind::TaskStep),
    ("_asyncio.TaskStepMethWrapper", Kind::TaskStep),
    ("_RunningLoopHolder", Kind::RunningLoopHolder),
    ("method", Kind::Method),
    ("builtin_function_or_method", Kind::Builtin),
    ("function", Kind::Function),
    ("member_descriptor", Kind::MemberDescriptor),
    ("method_descriptor", Kind::MethodDescriptor),
    ("functools.partial", Kind::Partial),
    ("functools._lru_cache_wrapper", Kind::LruCache),
    ("functools._lru_list_elem", Kind::LruLink),
    ("weakref", Kind::Weakref),
    ("weakref.ReferenceType", Kind::Weakref),
    ("cell", Kind::Cell),
    // To 3.9, and from 3.10 (Python/context.c).
    ("Context", Kind::Context),
    ("_contextvars.Context", Kind::Context),
    ("ContextVar", Kind::ContextVar),
    ("_contextvars.ContextVar", Kind::ContextVar),
    ("hamt", Kind::Hamt),
    ("hamt_bitmap_node", Kind::HamtBitmap),
    ("hamt_array_node", Kind::HamtArray),
    ("hamt_collision_node", Kind::HamtCollision),
    ("module", Kind::Module),
    ("type", Kind::Type),
    ("code", Kind::Code),
    ("frame", Kind::Frame),
    ("traceback", Kind::Traceback),
    ("BaseException", Kind::Exception),
    ("mappingproxy", Kind::MappingProxy),
    ("range", Kind::Range),
    ("ellipsis", Kind::Ellipsis),
    ("NotImplementedType", Kind::NotImplemented),
    ("property", Kind::Property),
];

/// The kind of the type with that `tp_name` and these flags.
pub(super) fn kind_of(name: &str, flags: u64) -> Kind {
    // A `class` statement makes neither static types nor names with a dot.
    let made_by_c = flags & FLAG_HEAP_TYPE == 0 || name.contains('.');
    if !made_by_c {
        return Kind::Other;
    }
    KINDS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(Kind::Other, |(_, kind)| *kind)
}
