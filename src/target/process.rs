//! A running process as the kernel shows it.

use std::io;
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use procfs::Current;
use procfs::process::{Process as Directory, Stat};

use super::memory::{Mapping, Memory, ReadCause};
use super::proc_files::{self, Status};
use super::{Error, Image, KernelThread, LiveMemory, family, image, refusal, thread};

/// `PF_KTHREAD` of the kernel's `sched.h`.
const KERNEL_THREAD: u32 = 0x0020_0000;
/// Mappings that are tried before memory counts as readable all the same.
const PROBES: usize = 16;

/// A running process that may be read. Its `/proc/PID` stays open, so that a
/// later process with the same pid is never taken for it.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    /// The thread through which the process is reached: the main thread, or
    /// another one when the main thread has ended before the others.
    anchor: u32,
    directory: Directory,
    parent: Option<u32>,
    command: Vec<String>,
    executable: Option<String>,
    mappings: Vec<Mapping>,
}

impl Process {
    /// Opens process `pid` and makes sure that its memory can be read.
    ///
    /// # Errors
    /// That there is no such process, or that it cannot be read, why, and what
    /// would help.
    pub fn open(pid: u32) -> Result<Self, Error> {
        let mut directory = open_directory(pid)?;
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
        let mappings = proc_files::mappings(&directory).map_err(|error| unlisted(pid, &error))?;
        if mappings.is_empty() {
            let reason = "it has no memory: it is just starting or ending".into();
            return Err(Error::Unreadable { pid, reason });
        }
        probe(pid, anchor, &mappings)?;
        Ok(Self {
            pid,
            anchor,
            parent: u32::try_from(stat.ppid).ok().filter(|parent| *parent > 0),
            command: proc_files::command(&directory),
            executable: (proc_files::executable(&directory).ok()).map(|(path, _)| path),
            mappings,
            directory,
        })
    }

    /// The process id, in our pid namespace.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The process that started it, unless that is outside our namespace.
    pub fn parent_pid(&self) -> Option<u32> {
        self.parent
    }

    /// Its arguments, the program's name first.
    pub fn command(&self) -> Vec<String> {
        self.command.clone()
    }

    /// The path of the program file, as the kernel shows it to us; for a
    /// deleted file the path it had.
    pub fn executable(&self) -> Option<String> {
        self.executable.clone()
    }

    /// What was mapped when the process was opened, by address.
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// Its memory, read without stopping it.
    pub fn memory(&self) -> LiveMemory {
        LiveMemory::new(self.anchor)
    }

    /// The ELF files that are loaded in it, by address.
    pub fn images(&self) -> Vec<Image> {
        image::images(self.anchor, &self.mappings, &self.memory())
    }

    /// The ids of its threads in our pid namespace, in the order in which they
    /// were started.
    ///
    /// # Errors
    /// [`Error::Gone`] when it has ended.
    pub fn native_threads(&self) -> Result<Vec<u32>, Error> {
        thread::ids(self.anchor).map_err(|_| Error::Gone { pid: self.pid })
    }

    /// The id that thread `tid` has in the innermost pid namespace: the one
    /// which the program itself knows. `None` when the thread has gone.
    pub fn namespace_tid(&self, tid: u32) -> Option<u32> {
        self.thread_status(tid).0
    }

    /// The id of thread `tid` as [`Self::namespace_tid`] gives it, and how often
    /// the thread gave the processor away by itself, to wait for something
    /// (`voluntary_ctxt_switches`).
    pub fn thread_status(&self, tid: u32) -> (Option<u32>, Option<u64>) {
        let Ok(status) = Status::of_thread(&self.directory, tid) else {
            return (None, None);
        };
        let inner = status.numbers("NSpid").last().copied().or(Some(tid));
        let switches = status.field("voluntary_ctxt_switches");
        (inner, switches.and_then(|number| number.parse().ok()))
    }

    /// What the kernel knows of thread `tid`. A thread that has gone has the
    /// state `X` and no name.
    pub fn kernel_thread(&self, tid: u32) -> KernelThread {
        thread::describe(&self.directory, tid)
    }

    /// The processes that it started and those they started, each before its
    /// own children, older ones first.
    pub fn children(&self) -> Vec<u32> {
        family::descendants(self.pid)
    }

    /// When it was started, give or take a hundredth of a second.
    pub fn started(pid: u32) -> Option<SystemTime> {
        let directory = Directory::new(pid.cast_signed()).ok()?;
        let ticks = directory.stat().ok()?.starttime as f64;
        let since_boot = ticks / procfs::ticks_per_second() as f64;
        let uptime = procfs::Uptime::current().ok()?.uptime;
        let age = Duration::try_from_secs_f64((uptime - since_boot).max(0.0)).ok()?;
        SystemTime::now().checked_sub(age)
    }

    /// Whether this very process still runs.
    pub fn is_alive(&self) -> bool {
        let Ok(stat) = self.directory.stat() else {
            return false;
        };
        !has_ended(stat.state) || live_thread(&self.directory).is_some()
    }
}

/// Whether a state of `/proc/PID/stat` is that of a zombie or of the dead.
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
        // Signal 0 is never sent: the kernel only says whether it could be.
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

/// Reads one byte, as everything after it will read.
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
            Err(ReadCause::Unmapped) => {}
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
