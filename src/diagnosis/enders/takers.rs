//! Functions of the standard library that take a function, and what becomes of it.

use crate::diagnosis::source::Argument;

/// Functions that take a callback and keep it where it is found: in handles of a loop, in
/// a task, in the variables of a thread, or in the queue of an executor.
const SEEN_TAKERS: [(&str, usize); 18] = [
    ("start_soon", 0),
    ("call_later", 1),
    ("call_at", 1),
    ("call_soon", 0),
    ("call_soon_threadsafe", 0),
    ("add_done_callback", 0),
    ("Timer", 1),
    ("Thread", 1),
    ("add_reader", 1),
    ("add_writer", 1),
    ("add_signal_handler", 1),
    ("run_in_executor", 1),
    ("to_thread", 0),
    ("run_sync", 0),
    ("run_in_threadpool", 0),
    ("submit", 0),
    ("partial", 0),
    // gevent; the function is that of a greenlet, which is found.
    ("spawn", 0),
];
/// Names of parameters that take a callback.
const CALLBACK_PARAMETERS: [&str; 4] = ["target", "function", "callback", "func"];

/// Whether an attribute of that name has what is to be called.
pub(super) fn is_callback(name: &str) -> bool {
    CALLBACK_PARAMETERS.contains(&name)
}

/// Whether the function takes a callback as this argument and keeps it where it is found.
pub(super) fn takes_callback((function, argument): &(String, Argument)) -> bool {
    let mut takers = SEEN_TAKERS.iter();
    let taker = takers.find(|(name, _)| name == function);
    taker.is_some_and(|(_, position)| match argument {
        Argument::At(at) => at == position,
        Argument::Named(name) => CALLBACK_PARAMETERS.contains(&name.as_str()),
    })
}

/// Classes of `threading` that call a function in a thread of its own.
pub(super) const THREADS: [&str; 2] = ["Thread", "Timer"];
/// The method of threads that runs in the thread.
pub(super) const RUN: &str = "run";
/// Methods of loops and groups of tasks that take a function. Loops call it themselves, and keep
/// it in a handle or a task.
const OF_LOOPS: [&str; 5] = [
    "call_later",
    "call_at",
    "call_soon",
    "call_soon_threadsafe",
    "start_soon",
];

/// Whether it becomes what a thread runs.
pub(super) fn becomes_thread(given: &(String, Argument)) -> bool {
    THREADS.contains(&given.0.as_str()) && takes_callback(given)
}

/// Whether a loop calls it.
pub(super) fn is_called_by_loop(given: &(String, Argument)) -> bool {
    OF_LOOPS.contains(&given.0.as_str()) && takes_callback(given)
}

/// Built-in functions that call a function at once and keep it nowhere.
const BUILTINS: [&str; 6] = ["sorted", "sort", "map", "filter", "min", "max"];

/// Whether a built-in function calls it at once.
pub(super) fn is_builtin((function, _): &(String, Argument)) -> bool {
    BUILTINS.contains(&function.as_str())
}

/// Functions of Python and its standard library that call an argument, at once or later.
const CALLERS: [&str; 31] = [
    "map",
    "filter",
    "reduce",
    "iter",
    "starmap",
    "accumulate",
    "takewhile",
    "dropwhile",
    "filterfalse",
    "groupby",
    "defaultdict",
    "sub",
    "subn",
    "property",
    "cached_property",
    "lru_cache",
    "cache",
    "singledispatch",
    "cmp_to_key",
    "partialmethod",
    "finalize",
    "register",
    "unregister",
    "callback",
    "push",
    "push_async_callback",
    "enter",
    "enterabs",
    "apply",
    "apply_async",
    "run",
];
/// Names of parameters whose arguments are called.
const CALLED_PARAMETERS: [&str; 16] = [
    "key",
    "default",
    "default_factory",
    "factory",
    "func",
    "fn",
    "function",
    "callback",
    "target",
    "hook",
    "object_hook",
    "handler",
    "initializer",
    "action",
    "after",
    "before",
];

/// Whether the function calls this argument.
pub(super) fn calls_argument((function, argument): &(String, Argument)) -> bool {
    match argument {
        Argument::At(_) => CALLERS.contains(&function.as_str()),
        Argument::Named(name) => CALLED_PARAMETERS.contains(&name.as_str()),
    }
}

/// Names of parameters that take a file.
const FILE_PARAMETERS: [&str; 4] = ["file", "fp", "stream", "stdout"];

/// Whether the function writes to this argument, or reads from it.
pub(super) fn takes_file((_, argument): &(String, Argument)) -> bool {
    matches!(argument, Argument::Named(name) if FILE_PARAMETERS.contains(&name.as_str()))
}

/// Methods that libraries call of what they get as a file, a mapping or a handler.
pub(super) const OF_FILES: [&str; 15] = [
    "__iter__",
    "__next__",
    "write",
    "writelines",
    "flush",
    "read",
    "readline",
    "readlines",
    "readinto",
    "keys",
    "close",
    "emit",
    "handle",
    "format",
    "default",
];

/// Classes and functions of the standard library whose objects use an argument as a file from
/// then on (csv, io, logging, gzip, zipfile, tarfile, pickle, xml.sax).
const KEEP_FILES: [&str; 15] = [
    "writer",
    "reader",
    "DictWriter",
    "DictReader",
    "BufferedWriter",
    "BufferedReader",
    "BufferedRWPair",
    "BufferedRandom",
    "TextIOWrapper",
    "StreamHandler",
    "GzipFile",
    "ZipFile",
    "Pickler",
    "Unpickler",
    "XMLGenerator",
];
/// The parameter of `tarfile.open` and others that takes one.
const FILE_OBJECT: &str = "fileobj";

/// Whether what the function makes uses this argument as a file from then on.
pub(super) fn keeps_file((function, argument): &(String, Argument)) -> bool {
    KEEP_FILES.contains(&function.as_str())
        || matches!(argument, Argument::Named(name) if name == FILE_OBJECT)
}
