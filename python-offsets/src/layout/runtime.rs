//! The runtime, interpreters, threads, the collector and locks.

use serde::{Deserialize, Serialize};

use super::{Offset, Size};

/// `_PyRuntimeState`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// Size of `_PyRuntime`. Its ELF symbol has the same size.
    pub size: Option<Size>,
    pub interpreters_head: Offset,
    pub interpreters_main: Offset,
    pub finalizing: Offset,
    /// Non-zero once `Py_Initialize` has returned.
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
    pub size: Option<Size>,
    pub next: Offset,
    pub id: Offset,
    pub threads_head: Offset,
    pub modules: Offset,
    pub sysdict: Offset,
    /// From 3.12: pointer to the GIL's state.
    pub ceval_gil: Option<Offset>,
    /// From 3.9: the collector's state.
    pub gc: Option<Offset>,
    /// From 3.14: list of the tasks whose threads have ended.
    pub asyncio_tasks_head: Option<Offset>,
}

/// `_gil_runtime_state`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gil {
    pub size: Size,
    pub last_holder: Offset,
    pub locked: Offset,
}

/// `_gc_runtime_state` and `PyGC_Head`. Free-threaded builds have no lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gc {
    /// The `PyGC_Head` that starts each generation's list. Empty where the build
    /// has no lists or is not recognised, see [`Format::collector_heads`](super::Format::collector_heads).
    pub heads: Vec<Offset>,
    /// Size of the `PyGC_Head` in front of each tracked object.
    pub head_size: Size,
    /// `PyGC_Head._gc_next`.
    pub next: Option<Offset>,
    /// `PyGC_Head._gc_prev`.
    pub prev: Option<Offset>,
}

/// `PyThreadState` (and `_PyThreadStateImpl`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Thread {
    /// Size of `PyThreadState`, the first member of `_PyThreadStateImpl`.
    pub size: Option<Size>,
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
    /// The context in which the thread runs, or NULL.
    pub context: Offset,
    pub asyncio_running_loop: Option<Offset>,
    pub asyncio_running_task: Option<Offset>,
    pub asyncio_tasks_head: Option<Offset>,
}

/// `struct llist_node`; from 3.13.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedList {
    pub next: Option<Offset>,
    pub prev: Option<Offset>,
}

/// `struct wait_entry` (Python/parking_lot.c) of a parked thread; from 3.13.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WaitEntry {
    /// Address of the object that the thread is parked for.
    pub addr: Option<Offset>,
    /// The semaphore that it sleeps on.
    pub sema: Option<Offset>,
}

/// `lockobject` (`_thread.lock`, Modules/_threadmodule.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ThreadLock {
    /// Pointer to the semaphore; to 3.13.0, like `locked`.
    pub lock: Option<Offset>,
    pub locked: Option<Offset>,
    /// The `PyMutex`; after 3.13.0. Where the table has both forms, `tp_basicsize`
    /// decides: the type with the mutex ends before `locked`.
    pub mutex: Option<Offset>,
}

/// `rlockobject` (`_thread.RLock`, Modules/_threadmodule.c).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RLock {
    /// Pointer to the semaphore; to 3.13, like `count`.
    pub lock: Option<Offset>,
    /// The `PyMutex`; from 3.14, like `level`.
    pub mutex: Option<Offset>,
    /// Ident of the thread that holds it, or 0.
    pub owner: Offset,
    /// Number of times it is held.
    pub count: Option<Offset>,
    /// Number of times it is held beyond the first.
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
