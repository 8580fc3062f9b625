//! Threads as the kernel shows them.

use std::io::Read;
use std::{fs, io};

use procfs::FromRead;
use procfs::process::{Process as Directory, Stat, Syscall as RawSyscall};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use syscalls::Sysno;

use crate::model::float_bits;

/// The kernel's description of one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelThread {
    /// Its name, cut after 15 bytes by the kernel.
    pub comm: String,
    /// The letter of `/proc/PID/stat`: `R` running, `S` sleeping, `D` sleeping
    /// uninterruptibly, `T` stopped, `t` stopped by a tracer, `X` ended, …
    pub state: char,
    /// The system call that it is in. `None` while it runs.
    pub syscall: Option<Syscall>,
    /// Processor time that it has used, in seconds, in user and kernel mode.
    #[serde(with = "float_bits")]
    pub cpu_s: f64,
}

impl KernelThread {
    /// The description of a thread that has ended.
    pub(crate) fn gone() -> Self {
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
    /// Its number on x86-64.
    pub number: u64,
    /// Its name. `None` for a call that is newer than our table.
    pub name: Option<&'static str>,
    /// The argument registers. A call uses only the first ones.
    pub args: [u64; 6],
}

/// Calls that can block on the descriptor in their first argument.
const DESCRIPTOR_CALLS: [&str; 12] = [
    "read", "write", "readv", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "accept",
    "accept4", "connect", "flock",
];

/// Commands of `fcntl` that wait for a lock (fcntl.h).
const LOCK_COMMANDS: [u64; 2] = [libc::F_SETLKW as u64, libc::F_OFD_SETLKW as u64];

impl Syscall {
    /// The descriptor that the call may wait for. `None` for other calls.
    pub fn descriptor(&self) -> Option<i64> {
        let known = match self.name? {
            "fcntl" => LOCK_COMMANDS.contains(&self.args[1]),
            name => DESCRIPTOR_CALLS.contains(&name),
        };
        known.then(|| i64::try_from(self.args[0]).ok()).flatten()
    }

    /// Whether the call returns at once in any case, by its flags or those of its
    /// descriptor. `flock` has its own flags and ignores those of the descriptor.
    fn never_waits(&self, directory: &Directory) -> bool {
        let dont_wait = libc::MSG_DONTWAIT as u64;
        let flags = match self.name {
            Some("recvfrom" | "sendto") => self.args[3] & dont_wait,
            Some("recvmsg" | "sendmsg") => self.args[2] & dont_wait,
            Some("flock") => return self.args[1] & libc::LOCK_NB as u64 != 0,
            Some("fcntl") => return false,
            _ => 0,
        };
        flags != 0
            || self
                .descriptor()
                .is_some_and(|fd| is_nonblocking(directory, fd))
    }
}

/// Whether descriptor `fd` is non-blocking (proc_pid_fdinfo(5)).
fn is_nonblocking(directory: &Directory, fd: i64) -> bool {
    let mut text = String::new();
    let file = directory.open_relative(format!("fdinfo/{fd}"));
    let read = file.is_ok_and(|mut file| file.read_to_string(&mut text).is_ok());
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    read && flags.is_some_and(|flags| flags & libc::O_NONBLOCK as u32 != 0)
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
///
/// # Errors
/// When the process has ended.
pub(crate) fn ids(tid: u32) -> io::Result<Vec<u32>> {
    // `procfs::Process::tasks` opens the directory of every thread, which would
    // double the time for which a process with many threads is stopped.
    let ids: Vec<u32> = fs::read_dir(format!("/proc/{tid}/task"))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    if ids.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(ids)
}

/// The `stat` of thread `tid`. `None` when it has ended.
pub(crate) fn stat(directory: &Directory, tid: u32) -> Option<Stat> {
    parse(directory, tid, "stat")
}

/// The system call that `tid` is in now. `None` outside of any.
pub(crate) fn current_call(directory: &Directory, tid: u32) -> Option<Syscall> {
    parse(directory, tid, "syscall").and_then(syscall)
}

/// The description of thread `tid`, which is in `syscall`. A call that does not wait
/// counts as running: the thread was on its way in or out.
pub(crate) fn describe(directory: &Directory, tid: u32, syscall: Option<Syscall>) -> KernelThread {
    let syscall = syscall.filter(|call| !call.never_waits(directory));
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

/// The file of thread `tid` in `/proc`. `None` if it cannot be read.
pub(super) fn parse<T: FromRead>(directory: &Directory, tid: u32, file: &str) -> Option<T> {
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
    // -1: it waits in the kernel outside of any system call, as in a page fault.
    let number = u64::try_from(syscall_number).ok()?;
    Some((number, argument_registers).into())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use crate::process::proc::thread::*;

    fn never_waits(call: Sysno, fd: &impl AsRawFd, args: [i32; 3]) -> bool {
        let unsigned = |arg: i32| u64::try_from(arg).unwrap();
        let [first, second, third] = args.map(unsigned);
        let fd = unsigned(fd.as_raw_fd());
        let call = Syscall::from((call as u64, [fd, first, second, third, 0, 0]));
        call.never_waits(&Directory::myself().unwrap())
    }

    #[test]
    fn a_call_on_a_descriptor_that_does_not_block_never_waits() -> io::Result<()> {
        let (blocks, other) = UnixStream::pair()?;
        other.set_nonblocking(true)?;
        for call in [Sysno::read, Sysno::sendto, Sysno::recvmsg, Sysno::connect] {
            assert!(!never_waits(call, &blocks, [0; 3]), "{call}");
            assert!(never_waits(call, &other, [0; 3]), "{call}");
        }
        Ok(())
    }

    #[test]
    fn flags_of_the_call_say_that_it_never_waits() -> io::Result<()> {
        let (blocks, _other) = UnixStream::pair()?;
        let dont = libc::MSG_DONTWAIT;
        assert!(never_waits(Sysno::recvfrom, &blocks, [0, 0, dont]));
        assert!(never_waits(Sysno::sendmsg, &blocks, [0, dont, 0]));
        assert!(!never_waits(Sysno::recvfrom, &blocks, [0, dont, 0]));
        let file = File::open("/dev/null")?;
        let only_now = libc::LOCK_EX | libc::LOCK_NB;
        assert!(never_waits(Sysno::flock, &file, [only_now, 0, 0]));
        assert!(!never_waits(Sysno::flock, &file, [libc::LOCK_EX, 0, 0]));
        Ok(())
    }
}
