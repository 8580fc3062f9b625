//! Threads as the kernel shows them.

use std::{fs, io};

use procfs::FromRead;
use procfs::process::{Process as Directory, Stat, Syscall as RawSyscall};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syscalls::Sysno;

use super::recorded::bits;

/// What the kernel knows of one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelThread {
    /// Its name, at most 15 bytes of it.
    pub comm: String,
    /// The letter of `/proc/PID/stat`: `R` running, `S` sleeping, `D` sleeping
    /// uninterruptibly, `T` stopped, `t` stopped by a tracer, `X` gone, …
    pub state: char,
    /// The system call it is in; `None` while it runs.
    pub syscall: Option<Syscall>,
    /// Seconds of processor time that it has used, in user and kernel mode.
    #[serde(with = "bits")]
    pub cpu_s: f64,
}

impl KernelThread {
    /// A thread of which the kernel knows nothing any more.
    pub(super) fn gone() -> Self {
        Self {
            comm: String::new(),
            state: 'X',
            syscall: None,
            cpu_s: 0.0,
        }
    }
}

/// A system call that a thread is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syscall {
    pub number: u64,
    /// Its name on x86-64; `None` for a number that is newer than our table.
    pub name: Option<&'static str>,
    /// The argument registers; a call uses as many of them as it takes.
    pub args: [u64; 6],
}

impl From<(u64, [u64; 6])> for Syscall {
    fn from((number, args): (u64, [u64; 6])) -> Self {
        Self {
            number,
            name: Sysno::new(number as usize).map(|call| call.name()),
            args,
        }
    }
}

impl Serialize for Syscall {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.number, self.args).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Syscall {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <(u64, [u64; 6])>::deserialize(from).map(Self::from)
    }
}

/// The ids of the threads of the process of thread `tid`, oldest first.
pub(super) fn ids(tid: u32) -> io::Result<Vec<u32>> {
    // Not `procfs::Process::tasks`: it opens every thread's directory, which
    // would double the time for which a process of many threads is stopped.
    let ids: Vec<u32> = fs::read_dir(format!("/proc/{tid}/task"))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    if ids.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(ids)
}

pub(super) fn stat(directory: &Directory, tid: u32) -> Option<Stat> {
    parse(directory, tid, "stat")
}

/// The system call that `tid` is in now.
pub(super) fn current_call(directory: &Directory, tid: u32) -> Option<Syscall> {
    parse(directory, tid, "syscall").and_then(syscall)
}

/// What the kernel says of `tid` now, which is in `syscall`.
pub(super) fn describe(directory: &Directory, tid: u32, syscall: Option<Syscall>) -> KernelThread {
    let (comm, state, ticks) = stat(directory, tid).map_or_else(
        || (String::new(), 'X', 0),
        |stat: Stat| (stat.comm, stat.state, stat.utime.saturating_add(stat.stime)),
    );
    KernelThread {
        comm,
        state,
        cpu_s: ticks as f64 / procfs::ticks_per_second() as f64,
        syscall,
    }
}

fn parse<T: FromRead>(directory: &Directory, tid: u32, file: &str) -> Option<T> {
    let file = directory.open_relative(format!("task/{tid}/{file}")).ok()?;
    T::from_read(file).ok()
}

fn syscall(raw: RawSyscall) -> Option<Syscall> {
    let RawSyscall::Blocked {
        syscall_number,
        argument_registers,
        ..
    } = raw
    else {
        return None;
    };
    // -1: it waits in the kernel outside any system call, as in a page fault.
    let number = u64::try_from(syscall_number).ok()?;
    Some((number, argument_registers).into())
}
