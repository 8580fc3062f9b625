//! Makes threads of the model from thread states, the kernel's data and `threading`.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::frames::Frames;
use super::greenlets::Greenlets;
use super::kernel_threads::{KernelThreads, state_of, syscall_name, waits_for_gil};
use crate::cpython::error::Result;
use crate::cpython::threads::thread::GilState;
use crate::cpython::{Interpreter, RawStack, Reader, ThreadState as RawThread};
use crate::model::{ItemId, Thread};
use crate::process::KernelThread;

/// Offsets of the thread id in `struct pthread` of glibc (nptl/descr.h) and musl
/// (pthread_impl.h) on x86-64. The id is used only if it is a thread of the process.
const PTHREAD_TID_OFFSETS: [u64; 3] = [720, 48, 56];

/// A thread in `threading._active`.
pub struct NamedThread {
    name: Option<Rc<str>>,
    daemon: Option<bool>,
    native_id: Option<u64>,
}

/// A thread of the model with the data that later passes need.
pub struct BuiltThread {
    /// The thread.
    pub thread: Thread,
    /// Address of its thread state.
    pub tstate: u64,
    /// Its `pthread_self()`, from the thread state.
    pub ident: u64,
    /// Its stack.
    pub stack: RawStack,
}

impl BuiltThread {
    /// Takes over the identity of the OS thread `other`. Needed for the thread state of a
    /// subinterpreter (3.12): it keeps the ids of the thread that created it, even if
    /// another thread runs it.
    pub fn adopt(&mut self, other: &Thread) {
        self.thread.id.clone_from(&other.id);
        self.thread.native_id = other.native_id;
        self.thread.name.clone_from(&other.name);
        self.thread.state = other.state;
        self.thread.daemon = other.daemon;
        self.thread.syscall.clone_from(&other.syscall);
    }
}

/// Joins thread states with the kernel's threads.
pub struct Threads<'r, 'm> {
    /// Memory of the process.
    pub reader: &'r Reader<'m>,
    /// The kernel's data about the threads.
    pub kernel: &'r KernelThreads,
    /// The greenlets of the process.
    pub greenlets: &'r Greenlets,
}

impl Threads<'_, '_> {
    /// The threads of one interpreter. Thread states without an OS thread are left out.
    pub fn of(
        &self,
        interpreter: &Interpreter,
        gil: Option<GilState>,
        frames: &Frames<'_, '_>,
        errors: &mut Vec<String>,
    ) -> Vec<BuiltThread> {
        let names = match self.named_threads(interpreter.addr) {
            Ok(names) => names,
            Err(error) => {
                errors.push(format!("names of threads: {error}"));
                FxHashMap::default()
            }
        };
        interpreter
            .threads
            .iter()
            .filter_map(|raw| {
                let named = names.get(&raw.ident);
                let kernel = self.kernel_thread(raw, named)?;
                Some(self.thread(interpreter.id, raw, kernel, named, gil, frames))
            })
            .collect()
    }

    /// Makes one thread.
    fn thread(
        &self,
        interpreter: i64,
        raw: &RawThread,
        (tid, kernel): &(u32, KernelThread),
        named: Option<&NamedThread>,
        gil: Option<GilState>,
        frames: &Frames<'_, '_>,
    ) -> BuiltThread {
        let mut stack = self.reader.thread_stack(raw.addr);
        // A greenlet was called by the stack from which it was switched to.
        let outer = self.greenlets.outer_frames(raw.addr);
        stack.frames.extend(outer.iter().cloned());
        let (shown, error) = frames.stack(&stack);
        let name = named
            .and_then(|named| named.name.clone())
            .map_or_else(|| kernel.comm.clone(), |name| name.to_string());
        let waits_for_gil = waits_for_gil(kernel.syscall.as_ref(), gil);
        BuiltThread {
            thread: Thread {
                id: ItemId::Thread((*tid).into()),
                interpreter,
                native_id: (*tid).into(),
                name,
                state: state_of(kernel, waits_for_gil),
                holds_gil: raw.holds_gil,
                daemon: named.and_then(|named| named.daemon),
                syscall: syscall_name(kernel),
                event_loop: None,
                task: None,
                waits_for: None,
                cpu_s: Some(kernel.cpu_s),
                waits_begun: self.kernel.switches.get(tid).copied(),
                frames: shown,
                callbacks: Vec::new(),
                callbacks_complete: false,
                leads_to: Vec::new(),
                thread_state: outer.is_empty().then_some(raw.addr),
                error,
            },
            tstate: raw.addr,
            ident: raw.ident,
            stack,
        }
    }

    /// The OS thread of a thread state. Its id comes from the thread state (3.11), from
    /// `threading` (3.8), or from the structure of the C library.
    fn kernel_thread(
        &self,
        raw: &RawThread,
        named: Option<&NamedThread>,
    ) -> Option<&(u32, KernelThread)> {
        let by_id = |id: u64| self.kernel.by_namespace_id.get(&id);
        let native_id = raw.native_id.or_else(|| named?.native_id);
        native_id.and_then(by_id).or_else(|| {
            PTHREAD_TID_OFFSETS.into_iter().find_map(|offset| {
                let id = self.reader.u32(raw.ident.checked_add(offset)?).ok()?;
                by_id(id.into())
            })
        })
    }

    /// The threads in `threading._active`, by ident.
    fn named_threads(&self, interp: u64) -> Result<FxHashMap<u64, NamedThread>> {
        let reader = self.reader;
        let Some(active) = active_threads(reader, interp)? else {
            return Ok(FxHashMap::default());
        };
        let (items, _) = reader.dict_items(active, reader.limits.threads)?;
        let threads = items
            .into_iter()
            .map(|(ident, thread)| named_thread(reader, ident, thread));
        threads.filter_map(Result::transpose).collect()
    }
}

/// Address of `threading._active`, the dict of all running threads by ident. `None` if
/// `threading` is not imported.
///
/// # Errors
/// If the modules cannot be read.
pub fn active_threads(reader: &Reader<'_>, interp: u64) -> Result<Option<u64>> {
    reader.module_global(interp, "threading", "_active")
}

/// The ident of a thread, read from the `int` at `ident`, and its `threading.Thread` at
/// `thread`. `None` if the ident is too large.
///
/// # Errors
/// If the ident cannot be read.
pub fn named_thread(
    reader: &Reader<'_>,
    ident: u64,
    thread: u64,
) -> Result<Option<(u64, NamedThread)>> {
    let Some(ident) = reader.int(ident)?.to_u64() else {
        return Ok(None);
    };
    let attribute = |name| reader.attribute_object(thread, name).ok().flatten();
    let named = NamedThread {
        name: attribute("_name").and_then(|name| reader.text(name).ok()),
        daemon: reader.attribute_bool(thread, "_daemonic"),
        native_id: attribute("_native_id").and_then(|id| reader.int(id).ok()?.to_u64()),
    };
    Ok(Some((ident, named)))
}

/// Merges the thread states of each OS thread that runs several interpreters. The
/// interpreter that was created last has the innermost frames.
pub fn merge_by_native_id(threads: Vec<BuiltThread>) -> Vec<BuiltThread> {
    let mut merged: Vec<BuiltThread> = Vec::with_capacity(threads.len());
    let mut indexes: FxHashMap<u64, usize> = FxHashMap::default();
    for mut thread in threads {
        let Some(index) = indexes.get(&thread.thread.native_id).copied() else {
            indexes.insert(thread.thread.native_id, merged.len());
            merged.push(thread);
            continue;
        };
        let outer = &mut merged[index];
        if thread.thread.frames.is_empty() {
            continue;
        }
        thread.thread.frames.append(&mut outer.thread.frames);
        outer.thread.frames = thread.thread.frames;
        outer.thread.event_loop = thread.thread.event_loop.or(outer.thread.event_loop.take());
        outer.thread.task = thread.thread.task.or(outer.thread.task.take());
        outer.thread.error = outer.thread.error.take().or(thread.thread.error);
        outer.thread.holds_gil = match (outer.thread.holds_gil, thread.thread.holds_gil) {
            (Some(outer), Some(inner)) => Some(outer || inner),
            (outer, inner) => outer.or(inner),
        };
    }
    merged
}
