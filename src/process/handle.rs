//! A process: a running one as the kernel shows it, or a recorded one.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use procfs::Current;
use procfs::process::{Process as Directory, Stat};

use super::access::refusal;
use super::elf::image;
use super::memory::{Mapping, Memory, ReadCause};
use super::pidfd::PidFd;
use super::proc::delays::{LimitedGroups, delays};
use super::proc::files;
use super::proc::files::Status;
use super::proc::{clock, family, thread};
use super::recorded::{Recorded, RecordedFacts};
use super::{Error, Image, KernelThread, LiveMemory, ProcessMemory, Stop, Syscall};
use crate::model::Delays;

/// `PF_KTHREAD` of the kernel's `sched.h`.
const KERNEL_THREAD: u32 = 0x0020_0000;
/// Number of mappings that are tried. If none of them can be read for another reason
/// than permissions, the memory still counts as readable.
const PROBES: usize = 16;

/// A running process that may be read, or a recorded one.
#[derive(Debug)]
pub struct Process {
    facts: RecordedFacts,
    source: Source,
}

/// Where answers about the process come from.
#[derive(Debug)]
enum Source {
    Live(Live),
    Recorded(Arc<Recorded>),
}

/// A running process. A later process with the same pid is not taken for it:
///
/// * What `/proc` shows is read through the directory, which stays open.
/// * What is read by number (memory, the list of threads, children) counts only if
///   the process has not ended after it was read. The pidfd says so: a pid is given
///   to another process only after that.
/// * A stop asks the pidfd once after all threads were seized. A seized process
///   keeps its pid.
/// * Files are opened by path and recognised by their inode or build id.
///
/// Two cases are left: kernels before 5.3 have no pidfd, and when the main thread
/// has ended, memory is read by the number of another thread, which can end alone.
#[derive(Debug)]
struct Live {
    /// The thread by which the process is reached: the main thread, or another one when
    /// the main thread has ended before the others.
    anchor: u32,
    directory: Directory,
    /// `None` on kernels before 5.3.
    pidfd: Option<Arc<PidFd>>,
}

impl Live {
    fn memory(&self) -> LiveMemory {
        LiveMemory::of(self.anchor, self.pidfd.clone())
    }

    fn is_alive(&self) -> bool {
        if self.pidfd.as_ref().is_some_and(|it| !it.has_ended()) {
            return true;
        }
        // Without a pidfd; and some kernels report an end too early when a program
        // of several threads replaces itself.
        let Ok(stat) = self.directory.stat() else {
            return false;
        };
        !has_ended(stat.state) || live_thread(&self.directory).is_some()
    }
}

impl Process {
    /// Opens process `pid` and makes sure that its memory can be read.
    ///
    /// # Errors
    /// When there is no such process, or it cannot be read: why, and what would help.
    pub fn open(pid: u32) -> Result<Self, Error> {
        let mut directory = open_directory(pid)?;
        // The directory answers below, so that both mean the same process.
        let pidfd = PidFd::open(pid).map(Arc::new);
        let stat = directory.stat().map_err(|_| Error::Gone { pid })?;
        if stat.flags & KERNEL_THREAD != 0 {
            return Err(Error::KernelThread { pid });
        }
        let status = Status::of_process(&directory).map_err(|_| Error::Gone { pid })?;
        if let Some(process) = status.number("Tgid").filter(|process| *process != pid) {
            let reason = format!("it is a thread of process {process}: name that one");
            return Err(Error::Unreadable { pid, reason });
        }
        let mut anchor = pid;
        if has_ended(stat.state) {
            anchor = live_thread(&directory).ok_or(Error::Zombie { pid })?;
            directory = open_directory(anchor)?;
        }
        let mappings = files::mappings(&directory).map_err(|error| unlisted(pid, &error))?;
        if mappings.is_empty() {
            let reason = "it has no memory: it is just starting or ending".into();
            return Err(Error::Unreadable { pid, reason });
        }
        probe(pid, anchor, &mappings)?;
        Ok(Self {
            facts: RecordedFacts {
                pid,
                parent: u32::try_from(stat.ppid).ok().filter(|parent| *parent > 0),
                command: files::command_line(&directory).unwrap_or_default(),
                executable: (files::executable(&directory).ok()).map(|(path, _)| path),
                mappings,
                clock_ahead_ns: clock::ahead_ns(anchor),
            },
            source: Source::Live(Live {
                anchor,
                directory,
                pidfd,
            }),
        })
    }

    /// A recorded process. It never changes, and nothing of it is read from this
    /// machine.
    pub fn from_recorded(recorded: Arc<Recorded>) -> Self {
        Self {
            facts: recorded.facts.clone(),
            source: Source::Recorded(recorded),
        }
    }

    /// The recording. `None` for a running process.
    pub fn recorded(&self) -> Option<&Recorded> {
        match &self.source {
            Source::Live(_) => None,
            Source::Recorded(recorded) => Some(recorded),
        }
    }

    /// Its properties that do not change while it runs.
    pub fn facts(&self) -> &RecordedFacts {
        &self.facts
    }

    /// The process id, in our pid namespace.
    pub fn pid(&self) -> u32 {
        self.facts.pid
    }

    /// The process that started it. `None` outside of our pid namespace.
    pub fn parent_pid(&self) -> Option<u32> {
        self.facts.parent
    }

    /// Its arguments, the program's name first.
    pub fn command(&self) -> Vec<String> {
        self.facts.command.clone()
    }

    /// The path of the program file as the kernel shows it to us; for a deleted file the
    /// path it had. `None` when we may not know it.
    pub fn executable(&self) -> Option<String> {
        self.facts.executable.clone()
    }

    /// Its mappings when it was opened, by address.
    pub fn mappings(&self) -> &[Mapping] {
        &self.facts.mappings
    }

    /// Its `/proc` directory. `None` for a recorded process.
    pub(super) fn live_directory(&self) -> Option<&Directory> {
        match &self.source {
            Source::Live(live) => Some(&live.directory),
            Source::Recorded(_) => None,
        }
    }

    /// Its memory, read without stopping it.
    pub fn memory(&self) -> ProcessMemory {
        match &self.source {
            Source::Live(live) => live.memory().into(),
            Source::Recorded(recorded) => recorded.memory.clone().into(),
        }
    }

    /// The ELF files that are loaded in it, by address. A recorded process has none:
    /// the facts that they gave were recorded.
    pub fn images(&self) -> Vec<Image> {
        match &self.source {
            Source::Live(live) => image::images(live.anchor, &self.facts.mappings, &self.memory()),
            Source::Recorded(_) => Vec::new(),
        }
    }

    /// The ids of its threads in our pid namespace, oldest first.
    ///
    /// # Errors
    /// [`Error::Gone`] when it has ended.
    pub fn native_threads(&self) -> Result<Vec<u32>, Error> {
        match &self.source {
            Source::Live(live) => match thread::ids(live.anchor) {
                Ok(ids) if live.is_alive() => Ok(ids),
                _ => Err(Error::Gone { pid: self.pid() }),
            },
            Source::Recorded(recorded) => recorded.thread_ids(),
        }
    }

    /// The id of thread `tid` in the innermost pid namespace, which is the one that the
    /// program itself sees. `None` when the thread has ended.
    pub fn namespace_tid(&self, tid: u32) -> Option<u32> {
        self.thread_status(tid).0
    }

    /// The id of thread `tid` as [`Self::namespace_tid`] returns it, and how often the
    /// thread gave up the processor to wait (`voluntary_ctxt_switches`).
    pub fn thread_status(&self, tid: u32) -> (Option<u32>, Option<u64>) {
        let live = match &self.source {
            Source::Live(live) => live,
            Source::Recorded(recorded) => {
                let thread = recorded.thread(tid);
                let inner = thread.and_then(|it| u32::try_from(it.namespace_tid).ok());
                return (inner, thread.and_then(|it| it.switches));
            }
        };
        let Ok(status) = Status::of_thread(&live.directory, tid) else {
            return (None, None);
        };
        let inner = status.numbers("NSpid").last().copied().or(Some(tid));
        let switches = status.field("voluntary_ctxt_switches");
        (inner, switches.and_then(|number| number.parse().ok()))
    }

    /// The system call that thread `tid` is in now. `None` outside of any.
    pub fn thread_call(&self, tid: u32) -> Option<Syscall> {
        match &self.source {
            Source::Live(live) => thread::current_call(&live.directory, tid),
            Source::Recorded(recorded) => recorded.thread(tid)?.kernel.syscall,
        }
    }

    /// Its cgroups that have a limit of processor time. None of a recorded process.
    pub fn limited_groups(&self) -> LimitedGroups {
        match &self.source {
            Source::Live(live) => LimitedGroups::of(&live.directory),
            Source::Recorded(_) => LimitedGroups::default(),
        }
    }

    /// What kept thread `tid`, of this process in these `groups`, from a processor so far. `None` if
    /// the kernel does not say.
    pub fn delays(&self, tid: u32, groups: &LimitedGroups) -> Option<Delays> {
        match &self.source {
            Source::Live(live) => delays(&live.directory, tid, groups),
            Source::Recorded(_) => None,
        }
    }

    /// The kernel's description of thread `tid`. A thread that has ended has the state
    /// `X` and no name.
    pub fn kernel_thread(&self, tid: u32) -> KernelThread {
        self.thread_in_call(tid, self.thread_call(tid))
    }

    /// The same for a thread whose system call is known.
    pub fn thread_in_call(&self, tid: u32, call: Option<Syscall>) -> KernelThread {
        match &self.source {
            Source::Live(live) => thread::describe(&live.directory, tid, call),
            Source::Recorded(recorded) => recorded
                .thread(tid)
                .map_or_else(KernelThread::gone, |it| it.kernel.clone()),
        }
    }

    /// Its children and further descendants, each before its own children, older ones
    /// first. Empty for a recorded process: the capture lists its recorded children.
    pub fn children(&self) -> Vec<u32> {
        match &self.source {
            Source::Live(live) => {
                let found = family::descendants(self.pid());
                match live.is_alive() {
                    true => found,
                    false => Vec::new(),
                }
            }
            Source::Recorded(_) => Vec::new(),
        }
    }

    /// The time of day in seconds since 1970. `None` for a recorded process, whose recording
    /// does not have it.
    pub fn time_of_day(&self) -> Option<f64> {
        match &self.source {
            Source::Live { .. } => {
                let now = std::time::SystemTime::now();
                let since = now.duration_since(std::time::UNIX_EPOCH);
                since.ok().map(|since| since.as_secs_f64())
            }
            Source::Recorded(_) => None,
        }
    }

    /// Its `time.monotonic()` in seconds, as [`Self::monotonic_ns`].
    pub fn monotonic_s(&self) -> f64 {
        Duration::from_nanos(self.monotonic_ns()).as_secs_f64()
    }

    /// Its `time.monotonic()` in nanoseconds, now or when it was recorded. Where the
    /// difference between its clock and ours is not known, our own.
    pub fn monotonic_ns(&self) -> u64 {
        use nix::time::{ClockId, clock_gettime};
        match &self.source {
            Source::Live(_) => clock_gettime(ClockId::CLOCK_MONOTONIC)
                .map_or(0, |now| Duration::from(now).as_nanos() as u64)
                .saturating_add_signed(self.facts.clock_ahead_ns.unwrap_or(0)),
            Source::Recorded(recorded) => recorded.moment.monotonic_ns,
        }
    }

    /// Whether [`Self::monotonic_ns`] is the clock that the process sees.
    pub fn knows_its_clock(&self) -> bool {
        self.facts().clock_ahead_ns.is_some()
    }

    /// When process `pid` was started, to about a hundredth of a second. `None` when
    /// there is none.
    pub fn started(pid: u32) -> Option<SystemTime> {
        let directory = Directory::new(pid.cast_signed()).ok()?;
        let ticks = directory.stat().ok()?.starttime as f64;
        let since_boot = ticks / procfs::ticks_per_second() as f64;
        let uptime = procfs::Uptime::current().ok()?.uptime;
        let age = Duration::try_from_secs_f64((uptime - since_boot).max(0.0)).ok()?;
        SystemTime::now().checked_sub(age)
    }

    /// Whether this process still runs. Always true for a recorded one.
    pub fn is_alive(&self) -> bool {
        match &self.source {
            Source::Live(live) => live.is_alive(),
            Source::Recorded(_) => true,
        }
    }

    /// Stops every thread for at most `max_pause`, as [`Stop::all_threads`] does,
    /// and makes sure that it is this process and not a later one with its pid.
    ///
    /// # Errors
    /// As [`Stop::all_threads`]; a recorded process is [`Error::Gone`].
    pub fn stop(&self, max_pause: Duration) -> Result<Stop, Error> {
        match &self.source {
            Source::Live(live) => Stop::of(self.pid(), live.pidfd.clone(), max_pause),
            Source::Recorded(_) => Err(Error::Gone { pid: self.pid() }),
        }
    }
}

/// Whether a state of `/proc/PID/stat` is that of a zombie or an ended thread.
pub(super) fn has_ended(state: char) -> bool {
    matches!(state, 'Z' | 'X' | 'x')
}

fn open_directory(pid: u32) -> Result<Directory, Error> {
    let Ok(id) = i32::try_from(pid) else {
        return Err(Error::NoSuchProcess { pid });
    };
    // A pid of 0 would be our own process group for kill().
    if id == 0 {
        return Err(Error::NoSuchProcess { pid });
    }
    Directory::new(id).map_err(|_| {
        // Signal 0 is never sent: the kernel only checks whether it could be.
        match kill(Pid::from_raw(id), None) {
            Err(Errno::ESRCH) => Error::NoSuchProcess { pid },
            _ => refusal::hidden(pid),
        }
    })
}

fn live_thread(directory: &Directory) -> Option<u32> {
    let ids = thread::ids(directory.pid.cast_unsigned()).ok()?;
    ids.into_iter()
        .find(|tid| thread::stat(directory, *tid).is_some_and(|stat: Stat| !has_ended(stat.state)))
}

/// Reads one byte in the way that memory is read later.
fn probe(pid: u32, anchor: u32, mappings: &[Mapping]) -> Result<(), Error> {
    let memory = LiveMemory::new(anchor);
    for mapping in mappings
        .iter()
        .filter(|mapping| mapping.readable)
        .take(PROBES)
    {
        match memory
            .read(mapping.start, &mut [0])
            .map_err(|error| error.cause)
        {
            Ok(()) => return Ok(()),
            Err(ReadCause::Gone) => return Err(Error::Gone { pid }),
            Err(ReadCause::Denied) => return Err(refusal::denied(pid)),
            Err(ReadCause::Unmapped | ReadCause::NotRecorded) => {}
        }
    }
    Ok(())
}

fn unlisted(pid: u32, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied => refusal::denied(pid),
        _ => Error::Gone { pid },
    }
}
