//! The kernel's data about the threads of a process.

use rustc_hash::FxHashMap;

use crate::cpython::threads::thread::GilState;
use crate::model::{Thread, ThreadState};
use crate::process::recorded::RecordedThread;
use crate::process::{Error, KernelThread, Process, Stop, Syscall};

/// Number of `restart_syscall` on x86-64, with which the kernel resumes an interrupted
/// sleep. The registers still hold the arguments of the interrupted call.
const RESTART_SYSCALL: u64 = 219;
/// `FUTEX_WAIT` and `FUTEX_WAIT_BITSET` (linux/futex.h) without flags.
const FUTEX_WAITS: [u64; 2] = [0, 9];
/// Mask that removes the flags from a futex operation.
const FUTEX_COMMAND: u64 = 0x7f;
/// `FUTEX_PRIVATE_FLAG`: glibc and CPython set it for what one process has alone.
const FUTEX_PRIVATE: u64 = 0x80;
/// `FUTEX_WAIT_BITSET` with `FUTEX_CLOCK_REALTIME`, and `FUTEX_BITSET_MATCH_ANY`: a semaphore
/// with a time limit (nptl/sem_waitcommon.c of glibc).
const TIMED_SEMAPHORE: (u64, u64) = (0x109, 0xffff_ffff);

/// The kernel's letter for a thread that a tracer has stopped (proc(5)).
const STOPPED_BY_US: char = 't';
/// The kernel's letters for threads that have ended (proc(5)).
const ENDED: [char; 3] = ['X', 'x', 'Z'];

/// The kernel's data about the threads of a process.
#[derive(Debug, Clone, Default)]
pub struct KernelThreads {
    /// Thread id in our pid namespace and the kernel's data, by the thread id in the pid
    /// namespace of the target.
    pub(super) by_namespace_id: FxHashMap<u64, (u32, KernelThread)>,
    /// Thread ids in the namespace of the target, by those in our namespace.
    namespace_ids: FxHashMap<u32, u64>,
    /// Voluntary context switches, by the thread id in our namespace.
    pub(super) switches: FxHashMap<u32, u64>,
    /// `CLOCK_MONOTONIC` of the process at that time, in nanoseconds.
    pub monotonic_ns: u64,
}

/// The threads of a process and their system calls. This data must be read while the
/// process is stopped.
#[derive(Debug)]
pub struct ThreadCalls {
    /// Thread id in our namespace, and the system call. `None` if it is in none.
    calls: Vec<(u32, Option<Syscall>)>,
    /// `CLOCK_MONOTONIC` at that time, in nanoseconds.
    monotonic_ns: u64,
}

impl ThreadCalls {
    /// Asks the kernel for the system calls of the threads of a running process.
    ///
    /// # Errors
    /// If the threads cannot be listed.
    pub fn capture(process: &Process) -> Result<Self, Error> {
        let threads = process.native_threads()?.into_iter();
        Ok(Self {
            calls: threads.map(|tid| (tid, process.thread_call(tid))).collect(),
            monotonic_ns: process.monotonic_ns(),
        })
    }

    /// The system calls of a stopped process, at the moment since which it stands still.
    pub fn of(stop: &Stop, process: &Process) -> Self {
        Self {
            calls: stop.calls().to_vec(),
            monotonic_ns: clock_at(stop, process),
        }
    }

    /// Adds names and counters, which may be read after the stop. `was_stopped` says that
    /// the system calls were read during a stop.
    pub fn describe(self, process: &Process, was_stopped: bool) -> KernelThreads {
        let mut by_namespace_id = FxHashMap::default();
        let mut namespace_ids = FxHashMap::default();
        let mut switches = FxHashMap::default();
        for (tid, call) in self.calls {
            let (inner, switched) = process.thread_status(tid);
            let mut thread = process.thread_in_call(tid, call);
            if was_stopped && !ENDED.contains(&thread.state) {
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

/// `time.monotonic()` of the process when the last of its threads stopped, in nanoseconds.
pub fn clock_at(stop: &Stop, process: &Process) -> u64 {
    let since = u64::try_from(stop.still_for().as_nanos()).unwrap_or(0);
    process.monotonic_ns().saturating_sub(since)
}

impl KernelThreads {
    /// Asks the kernel about every thread of a running process.
    ///
    /// # Errors
    /// If the threads cannot be listed.
    pub fn capture(process: &Process) -> Result<Self, Error> {
        Ok(ThreadCalls::capture(process)?.describe(process, false))
    }

    /// Whether both are equal apart from CPU time, and regardless of whether our own stop
    /// holds the thread.
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

    /// Writes the CPU time and the number of context switches into `threads`.
    pub fn update(&self, threads: &mut [Thread]) {
        let by_native_id: FxHashMap<u64, &KernelThread> = (self.by_namespace_id.values())
            .map(|(tid, kernel)| (u64::from(*tid), kernel))
            .collect();
        for thread in threads {
            if let Some(kernel) = by_native_id.get(&thread.native_id) {
                thread.cpu_s = Some(kernel.cpu_s);
                let tid = u32::try_from(thread.native_id).ok();
                thread.waits_begun = tid.and_then(|tid| self.switches.get(&tid).copied());
            }
        }
    }

    /// How many threads there are, with those that run no Python.
    pub fn number_of_threads(&self) -> usize {
        self.by_namespace_id.len()
    }

    /// `time.monotonic()` of the process in seconds.
    pub fn monotonic(&self) -> f64 {
        self.monotonic_ns as f64 / 1e9
    }

    /// The same data for a recording, sorted by thread id.
    pub fn recorded(&self) -> Vec<RecordedThread> {
        let threads = self.by_namespace_id.iter();
        let mut recorded: Vec<RecordedThread> = threads
            .map(|(inner, (tid, kernel))| RecordedThread {
                tid: *tid,
                namespace_tid: *inner,
                switches: self.switches.get(tid).copied(),
                kernel: kernel.clone(),
            })
            .collect();
        recorded.sort_unstable_by_key(|thread| thread.tid);
        recorded
    }

    /// The kernel's data about the thread `tid`, an id in our namespace. `None` if there is
    /// no such thread.
    pub fn by_thread(&self, tid: u64) -> Option<&KernelThread> {
        let tid = u32::try_from(tid).ok()?;
        let inner = self.namespace_ids.get(&tid)?;
        let (outer, kernel) = self.by_namespace_id.get(inner)?;
        (*outer == tid).then_some(kernel)
    }
}

/// Whether a system call waits for a futex.
fn is_futex(number_is_futex: bool, args: &[u64; 6]) -> bool {
    number_is_futex && FUTEX_WAITS.contains(&(args[1] & FUTEX_COMMAND))
}

/// Whether a thread in this system call waits for a futex in the memory of the GIL.
pub fn waits_for_gil(call: Option<&Syscall>, gil: Option<GilState>) -> bool {
    let (Some(gil), Some(syscall)) = (gil, call) else {
        return false;
    };
    let futex = syscall.name == Some("futex") || syscall.number == RESTART_SYSCALL;
    is_futex(futex, &syscall.args) && (gil.start..gil.end).contains(&syscall.args[0])
}

/// State of a thread.
pub(super) fn state_of(kernel: &KernelThread, waits_for_gil: bool) -> ThreadState {
    match (&kernel.syscall, kernel.state) {
        (Some(_), _) if waits_for_gil => ThreadState::WaitingGil,
        (Some(_), _) => ThreadState::Blocked,
        // A thread that we stopped outside of a system call was running.
        (None, 'R' | STOPPED_BY_US) => ThreadState::Running,
        (None, _) => ThreadState::Unknown,
    }
}

/// Name of the call that `restart_syscall` resumes. The registers still hold its
/// arguments. Only these four are resumed that way (`restart_block`,
/// include/linux/restart_block.h of the kernel).
fn resumed_call(args: &[u64; 6]) -> &'static str {
    /// Clock ids are smaller (`MAX_CLOCKS`, include/uapi/linux/time.h).
    const MAX_CLOCKS: u64 = 16;
    /// Nobody polls more descriptors, and addresses are larger.
    const MAX_POLLED: u64 = 1 << 20;
    let [first, second, ..] = *args;
    let is_private = second & FUTEX_PRIVATE != 0 && is_futex(true, args);
    if is_private || (second, args[5]) == TIMED_SEMAPHORE {
        "futex"
    } else if first < MAX_CLOCKS {
        "clock_nanosleep"
    } else if second < MAX_POLLED {
        "poll"
    } else {
        "nanosleep"
    }
}

/// The call that the thread is in, under the name of the one that `restart_syscall` resumes.
pub(super) fn effective_call(kernel: &KernelThread) -> Option<Syscall> {
    let mut call = kernel.syscall?;
    if call.number == RESTART_SYSCALL {
        call.name = Some(resumed_call(&call.args));
    }
    Some(call)
}

/// Whether the call waits for a futex that other processes may have, too.
pub(super) fn is_shared_futex(call: &Syscall) -> bool {
    is_futex(call.name == Some("futex"), &call.args) && call.args[1] & FUTEX_PRIVATE == 0
}

/// Name of the system call that the thread is in. `None` if it is in none.
pub(super) fn syscall_name(kernel: &KernelThread) -> Option<String> {
    let syscall = kernel.syscall.as_ref()?;
    if syscall.number == RESTART_SYSCALL {
        return Some(resumed_call(&syscall.args).into());
    }
    Some(match syscall.name {
        Some(name) => name.to_owned(),
        None => format!("system call {}", syscall.number),
    })
}
