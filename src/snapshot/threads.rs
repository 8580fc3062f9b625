//! Threads of the model: thread states joined with what the kernel and
//! `threading` know of them.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::frames::Frames;
use crate::cpython::error::Result;
use crate::cpython::threads::thread::GilState;
use crate::cpython::{Interpreter, RawStack, Reader, ThreadState as RawThread};
use crate::model::{ItemId, Thread, ThreadState};
use crate::process::recorded::RecordedThread;
use crate::process::{Error, KernelThread, Process, Stop, Syscall};

/// Where `struct pthread` keeps the thread's id: glibc (nptl/descr.h) and musl
/// (pthread_impl.h) on x86-64. What is found must be a thread of the process.
const PTHREAD_TID_OFFSETS: [u64; 3] = [720, 48, 56];

/// Number of `restart_syscall`, with which the kernel resumes an interrupted
/// sleep; the arguments are still those of the call before.
const RESTART_SYSCALL: u64 = 219;
/// `FUTEX_WAIT` and `FUTEX_WAIT_BITSET` (linux/futex.h), flags masked out.
const FUTEX_WAITS: [u64; 2] = [0, 9];
const FUTEX_COMMAND: u64 = 0x7f;

/// What `threading._active` says of a thread.
pub struct NamedThread {
    name: Option<Rc<str>>,
    daemon: Option<bool>,
    native_id: Option<u64>,
}

/// A thread of the model with what it was made from.
pub struct BuiltThread {
    pub thread: Thread,
    pub tstate: u64,
    /// `pthread_self()`, as the thread state has it.
    pub ident: u64,
    pub stack: RawStack,
}

impl BuiltThread {
    /// Makes this the state of the OS thread that `other` is a state of, too.
    /// A state made for a subinterpreter (3.12) keeps the ids of the thread
    /// that made it when another one runs it.
    pub fn adopt(&mut self, other: &Thread) {
        self.thread.id.clone_from(&other.id);
        self.thread.native_id = other.native_id;
        self.thread.name.clone_from(&other.name);
        self.thread.state = other.state;
        self.thread.daemon = other.daemon;
        self.thread.syscall.clone_from(&other.syscall);
    }
}

/// The kernel's letter for a thread that a tracer has stopped, and those for
/// threads that have ended.
const STOPPED_BY_US: char = 't';
const ENDED: [char; 3] = ['X', 'x', 'Z'];

/// What the kernel says of each thread.
#[derive(Debug, Clone, Default)]
pub struct KernelThreads {
    /// By the id that the thread has in the target's own pid namespace.
    by_namespace_id: FxHashMap<u64, (u32, KernelThread)>,
    /// That id, by the one in our own namespace.
    namespace_ids: FxHashMap<u32, u64>,
    /// Voluntary context switches, by the id in our own namespace.
    switches: FxHashMap<u32, u64>,
    /// `CLOCK_MONOTONIC` at that moment.
    pub monotonic_ns: u64,
}

/// Which threads there are, and in which system calls: what must be asked while
/// the process stands still.
#[derive(Debug)]
pub struct ThreadCalls {
    calls: Vec<(u32, Option<Syscall>)>,
    monotonic_ns: u64,
}

impl ThreadCalls {
    /// Asks the kernel which calls the threads of `process` are in.
    pub fn capture(process: &Process) -> std::result::Result<Self, Error> {
        let threads = process.native_threads()?.into_iter();
        Ok(Self {
            calls: threads.map(|tid| (tid, process.thread_call(tid))).collect(),
            monotonic_ns: process.monotonic_ns(),
        })
    }

    /// Those of a process that stands still.
    pub fn of(stop: &Stop, process: &Process) -> Self {
        Self {
            calls: stop.calls().to_vec(),
            monotonic_ns: process.monotonic_ns(),
        }
    }

    /// With names and counters, which may be asked later. `stood_still` says
    /// that the calls were asked in a stop.
    pub fn describe(self, process: &Process, stood_still: bool) -> KernelThreads {
        let mut by_namespace_id = FxHashMap::default();
        let mut namespace_ids = FxHashMap::default();
        let mut switches = FxHashMap::default();
        for (tid, call) in self.calls {
            let (inner, switched) = process.thread_status(tid);
            let mut thread = process.thread_in_call(tid, call);
            if stood_still && !ENDED.contains(&thread.state) {
                thread.state = STOPPED_BY_US;
            }
            let inner = inner.unwrap_or(tid).into();
            by_namespace_id.insert(inner, (tid, thread));
            namespace_ids.insert(tid, inner);
            switches.extend(switched.map(|switched| (tid, switched)));
        }
        KernelThreads {
            by_namespace_id,
            namespace_ids,
            switches,
            monotonic_ns: self.monotonic_ns,
        }
    }
}

impl KernelThreads {
    /// Asks the kernel about every thread of `process`.
    pub fn capture(process: &Process) -> std::result::Result<Self, Error> {
        Ok(ThreadCalls::capture(process)?.describe(process, false))
    }

    /// Whether `other` says the same of every thread, but for what it has done
    /// so far: whether our own stop holds it makes no difference.
    pub fn shows_same(&self, other: &Self) -> bool {
        let same = |(id, (tid, kernel)): (&u64, &(u32, KernelThread))| {
            let Some((other_tid, other)) = other.by_namespace_id.get(id) else {
                return false;
            };
            let arguments = |kernel: &KernelThread| kernel.syscall.map(|call| call.args);
            tid == other_tid
                && kernel.comm == other.comm
                && state_of(kernel, false) == state_of(other, false)
                && syscall_name(kernel) == syscall_name(other)
                && arguments(kernel) == arguments(other)
        };
        self.by_namespace_id.len() == other.by_namespace_id.len()
            && self.by_namespace_id.iter().all(same)
    }

    /// Writes what each thread has done so far on `threads`.
    pub fn update(&self, threads: &mut [Thread]) {
        let known: FxHashMap<u64, &KernelThread> = (self.by_namespace_id.values())
            .map(|(tid, kernel)| (u64::from(*tid), kernel))
            .collect();
        for thread in threads {
            if let Some(kernel) = known.get(&thread.native_id) {
                thread.cpu_s = Some(kernel.cpu_s);
                let tid = u32::try_from(thread.native_id).ok();
                thread.waits_begun = tid.and_then(|tid| self.switches.get(&tid).copied());
            }
        }
    }

    /// `time.monotonic()` of every process in our time namespace, in seconds.
    pub fn monotonic(&self) -> f64 {
        self.monotonic_ns as f64 / 1e9
    }

    /// The same for a recording, by id.
    pub fn recorded(&self) -> Vec<RecordedThread> {
        let known = self.by_namespace_id.iter();
        let mut threads: Vec<RecordedThread> = known
            .map(|(inner, (tid, kernel))| RecordedThread {
                tid: *tid,
                namespace_tid: *inner,
                switches: self.switches.get(tid).copied(),
                kernel: kernel.clone(),
            })
            .collect();
        threads.sort_unstable_by_key(|thread| thread.tid);
        threads
    }

    /// What the kernel said of the thread `tid`, an id of our namespace.
    pub fn by_thread(&self, tid: u64) -> Option<&KernelThread> {
        let tid = u32::try_from(tid).ok()?;
        let inner = self.namespace_ids.get(&tid)?;
        let (known, kernel) = self.by_namespace_id.get(inner)?;
        (*known == tid).then_some(kernel)
    }
}

/// Joins thread states with the kernel's threads.
pub struct Threads<'r, 'm> {
    pub reader: &'r Reader<'m>,
    pub kernel: &'r KernelThreads,
}

impl Threads<'_, '_> {
    /// The threads of one interpreter.
    pub fn of(
        &self,
        interpreter: &Interpreter,
        gil: Option<GilState>,
        frames: &Frames<'_, '_>,
        errors: &mut Vec<String>,
    ) -> Vec<BuiltThread> {
        let named = match self.named_threads(interpreter.addr) {
            Ok(named) => named,
            Err(error) => {
                errors.push(format!("names of threads: {error}"));
                FxHashMap::default()
            }
        };
        interpreter
            .threads
            .iter()
            .filter_map(|raw| {
                let known = named.get(&raw.ident);
                let kernel = self.kernel_thread(raw, known)?;
                Some(self.thread(interpreter.id, raw, kernel, known, gil, frames))
            })
            .collect()
    }

    fn thread(
        &self,
        interpreter: i64,
        raw: &RawThread,
        (tid, kernel): &(u32, KernelThread),
        known: Option<&NamedThread>,
        gil: Option<GilState>,
        frames: &Frames<'_, '_>,
    ) -> BuiltThread {
        let stack = self.reader.thread_stack(raw.addr);
        let (shown, error) = frames.stack(&stack);
        let name = known
            .and_then(|known| known.name.clone())
            .map_or_else(|| kernel.comm.clone(), |name| name.to_string());
        let waits_for_gil = is_futex_within(kernel, gil);
        BuiltThread {
            thread: Thread {
                id: ItemId::Thread((*tid).into()),
                interpreter,
                native_id: (*tid).into(),
                name,
                state: state_of(kernel, waits_for_gil),
                holds_gil: raw.holds_gil,
                daemon: known.and_then(|known| known.daemon),
                syscall: syscall_name(kernel),
                event_loop: None,
                task: None,
                waits_for: None,
                cpu_s: Some(kernel.cpu_s),
                waits_begun: self.kernel.switches.get(tid).copied(),
                frames: shown,
                error,
            },
            tstate: raw.addr,
            ident: raw.ident,
            stack,
        }
    }

    /// The kernel's thread of a thread state: by the id that the state has
    /// (3.11), that `threading` has (3.8), or the C library's own structure.
    fn kernel_thread(
        &self,
        raw: &RawThread,
        known: Option<&NamedThread>,
    ) -> Option<&(u32, KernelThread)> {
        let by_id = |id: u64| self.kernel.by_namespace_id.get(&id);
        let said = raw.native_id.or_else(|| known?.native_id);
        said.and_then(by_id).or_else(|| {
            PTHREAD_TID_OFFSETS.into_iter().find_map(|offset| {
                let id = self.reader.u32(raw.ident.checked_add(offset)?).ok()?;
                by_id(id.into())
            })
        })
    }

    fn named_threads(&self, interp: u64) -> Result<FxHashMap<u64, NamedThread>> {
        let reader = self.reader;
        let Some(active) = active_threads(reader, interp)? else {
            return Ok(FxHashMap::default());
        };
        let (items, _) = reader.dict_items(active, reader.limits.threads)?;
        let named = items
            .into_iter()
            .map(|(ident, thread)| named_thread(reader, ident, thread));
        let named = named.filter_map(Result::transpose);
        named.collect()
    }
}

/// The dict of `threading` with all threads that run, by ident.
pub fn active_threads(reader: &Reader<'_>, interp: u64) -> Result<Option<u64>> {
    reader.module_global(interp, "threading", "_active")
}

/// What the object at `thread` says of the thread whose ident is the integer at
/// `ident`.
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

fn is_futex(number_is_futex: bool, args: &[u64; 6]) -> bool {
    number_is_futex && FUTEX_WAITS.contains(&(args[1] & FUTEX_COMMAND))
}

/// Whether the thread sleeps on a futex inside the GIL's memory.
fn is_futex_within(kernel: &KernelThread, gil: Option<GilState>) -> bool {
    let (Some(gil), Some(syscall)) = (gil, &kernel.syscall) else {
        return false;
    };
    let futex = syscall.name == Some("futex") || syscall.number == RESTART_SYSCALL;
    is_futex(futex, &syscall.args) && (gil.start..gil.end).contains(&syscall.args[0])
}

fn state_of(kernel: &KernelThread, waits_for_gil: bool) -> ThreadState {
    match (&kernel.syscall, kernel.state) {
        (Some(_), _) if waits_for_gil => ThreadState::WaitingGil,
        (Some(_), _) => ThreadState::Blocked,
        // A thread that we stopped in no system call was running.
        (None, 'R' | STOPPED_BY_US) => ThreadState::Running,
        (None, _) => ThreadState::Unknown,
    }
}

/// The call that `restart_syscall` resumes: the registers still have its
/// arguments. Only these four are resumed that way (`restart_block`, kernel
/// include/linux/restart_block.h), as they are since an earlier look.
fn resumed_call(args: &[u64; 6]) -> &'static str {
    /// `FUTEX_PRIVATE_FLAG`: glibc and CPython set it.
    const PRIVATE: u64 = 0x80;
    /// More than there are clocks, and more descriptors than anybody polls.
    const CLOCKS: u64 = 16;
    const MOST_POLLED: u64 = 1 << 20;
    let [first, second, ..] = *args;
    if second & PRIVATE != 0 && is_futex(true, args) {
        "futex"
    } else if first < CLOCKS {
        "clock_nanosleep"
    } else if second < MOST_POLLED {
        "poll"
    } else {
        "nanosleep"
    }
}

fn syscall_name(kernel: &KernelThread) -> Option<String> {
    let syscall = kernel.syscall.as_ref()?;
    if syscall.number == RESTART_SYSCALL {
        return Some(resumed_call(&syscall.args).into());
    }
    Some(match syscall.name {
        Some(name) => name.to_owned(),
        None => format!("system call {}", syscall.number),
    })
}

/// Joins the states of one OS thread that is in several interpreters: the
/// interpreter that was created last is the innermost.
pub fn merge_by_native_id(threads: Vec<BuiltThread>) -> Vec<BuiltThread> {
    let mut merged: Vec<BuiltThread> = Vec::with_capacity(threads.len());
    let mut places: FxHashMap<u64, usize> = FxHashMap::default();
    for mut thread in threads {
        let Some(place) = places.get(&thread.thread.native_id).copied() else {
            places.insert(thread.thread.native_id, merged.len());
            merged.push(thread);
            continue;
        };
        let outer = &mut merged[place];
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
