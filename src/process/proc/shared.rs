//! Semaphores that processes share, and what other processes rest in.
//!
//! A semaphore of `sem_open` (sem_overview(7)) is a place in a file that every process which
//! has it maps. So device, inode and offset say which it is, whatever its address.

use std::fs;
use std::os::unix::fs::DirEntryExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procfs::process::{FDTarget, Process as Directory, all_processes};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::descriptors::Descriptors;
use super::ends::Owner;
use super::owners::named;
use super::thread::Syscall;
use super::{files, thread};
use crate::process::memory::Mapping;

/// Largest number of mappings of all processes that are looked at.
const MAX_LOOKED_AT: usize = 1_000_000;
/// Largest number of semaphores and of processes that are asked for.
const MAX_ASKED: usize = 256;
/// Largest number of threads of one process that are looked at.
const MAX_THREADS: usize = 64;
/// `FUTEX_WAIT` and `FUTEX_WAIT_BITSET` (linux/futex.h) without flags, and what removes them.
const FUTEX_WAITS: [u64; 2] = [0, 9];
const FUTEX_COMMAND: u64 = 0x7f;
/// Where semaphores are (sem_overview(7)).
const SEMAPHORES: &str = "/dev/shm";
/// The `idtype_t` of a single process (bits/waitflags.h).
const P_PID: u64 = 1;
/// The kernel's letter for a thread that sleeps (proc_pid_stat(5)).
const SLEEPS: char = 'S';
/// Field of `/proc/PID/task/TID/status`.
const SWITCHES: &str = "voluntary_ctxt_switches";
/// Processes of multiprocessing that keep names of semaphores and map none
/// (Lib/multiprocessing/{resource_tracker,semaphore_tracker}.py).
const TRACKERS: [&str; 2] = ["resource_tracker", "semaphore_tracker"];

/// A place in memory that processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SharedPlace {
    /// The device of the mapped file.
    pub device: (u32, u32),
    /// Its inode.
    pub inode: u64,
    /// Offset in the file, in bytes.
    pub offset: u64,
}

/// Who has a place in shared memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharers {
    /// Which place it is.
    pub place: SharedPlace,
    /// The processes that map it, without the one that asks.
    pub owners: Vec<Owner>,
    /// Whether these are all: the mappings of all processes could be read, and none is about
    /// to map it by its name.
    pub complete: bool,
    /// Whether this process catches signals, other than the usual ones.
    pub handles_signals: bool,
}

/// What a thread waits for without a time limit, as the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestsOn {
    /// A semaphore.
    Semaphore(SharedPlace),
    /// Bytes from the pipe with this inode.
    Read(u64),
    /// Room in the pipe with this inode.
    Write(u64),
    /// The end of a process.
    Exit(u32),
}

/// What the threads of another process do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Its threads, by their ids.
    pub threads: Vec<RestingThread>,
    /// Whether it catches signals, other than the usual ones: they may come at any time.
    pub handles_signals: bool,
}

/// A thread of another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingThread {
    /// Its id, in our pid namespace.
    pub tid: u32,
    /// What it waits for. `None` if it does anything else.
    pub on: Option<RestsOn>,
    /// How often it has begun to wait (`voluntary_ctxt_switches`).
    pub switches: u32,
}

/// What was found out so far: sharers by address, what they do by process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct KnownShared(Mutex<Known>);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Known {
    sharers: FxHashMap<u64, Sharers>,
    rest: FxHashMap<u32, Rest>,
}

impl KnownShared {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for KnownShared {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl Descriptors {
    /// Who shares the semaphore at `address` of this process, if that was looked for.
    pub fn sharers(&self, address: u64) -> Option<Sharers> {
        self.known_shared.lock().sharers.get(&address).cloned()
    }

    /// Looks for the processes that share the semaphores at these addresses. Of a recorded
    /// process only those are known that were looked for then.
    pub fn find_sharers(&self, addresses: impl IntoIterator<Item = u64>) {
        let Some(pid) = self.live else {
            return;
        };
        let mut known = self.known_shared.lock();
        let unknown = addresses
            .into_iter()
            .filter(|it| !known.sharers.contains_key(it));
        let asked: Vec<u64> = unknown.take(MAX_ASKED).collect();
        if !asked.is_empty() {
            known.sharers.extend(sharers(pid, &asked));
        }
    }

    /// Asks what these processes rest in, and those whose end they wait for, all at one
    /// moment.
    pub fn find_rest(&self, pids: impl IntoIterator<Item = u32>) {
        let Some(own) = self.live else {
            return;
        };
        let mut pids: Vec<u32> = pids.into_iter().collect();
        let mut before: Vec<Option<Rest>> = Vec::new();
        while let Some(pid) = pids.get(before.len()).copied()
            && before.len() < MAX_ASKED
        {
            let rest = rest_of(pid);
            for thread in rest.iter().flat_map(|rest| &rest.threads) {
                if let Some(RestsOn::Exit(next)) = thread.on
                    && next != own
                    && !pids.contains(&next)
                {
                    pids.push(next);
                }
            }
            before.push(rest);
        }
        // Who has begun no new wait since was in this one all the time. So all that did not
        // are in theirs at once.
        let found = pids.into_iter().zip(before);
        let found = found.filter_map(|(pid, before)| {
            let (mut rest, after) = (before?, rest_of(pid)?);
            for thread in &mut rest.threads {
                if !after.threads.contains(thread) {
                    thread.on = None;
                }
            }
            let same = rest.threads.len() == after.threads.len();
            same.then_some((pid, rest))
        });
        let found: Vec<_> = found.collect();
        self.known_shared.lock().rest.extend(found);
    }

    /// What the processes do that were asked, by their ids.
    pub fn resting(&self) -> Vec<(u32, Rest)> {
        let known = self.known_shared.lock();
        let rest = known.rest.iter();
        let mut resting: Vec<_> = rest.map(|(pid, rest)| (*pid, rest.clone())).collect();
        resting.sort_unstable_by_key(|(pid, _)| *pid);
        resting
    }
}

fn directory(pid: u32) -> Option<Directory> {
    Directory::new(i32::try_from(pid).ok()?).ok()
}

/// The shared place at an address.
fn place(mappings: &[Mapping], address: u64) -> Option<SharedPlace> {
    let after = mappings.partition_point(|it| it.start <= address);
    let mapping = mappings.get(after.checked_sub(1)?)?;
    let is_file = mapping.inode != 0 && address < mapping.end;
    let place = SharedPlace {
        device: mapping.device,
        inode: mapping.inode,
        offset: mapping.offset.wrapping_add(address - mapping.start),
    };
    is_file.then_some(place)
}

/// Whether the semaphore still has a name, by which a process may open it. True where this is
/// not known. The C library maps it under another name than it gives it.
fn has_name(pid: u32, place: SharedPlace) -> bool {
    let entries = fs::read_dir(format!("/proc/{pid}/root{SEMAPHORES}"));
    entries.map_or(true, |entries| {
        let mut entries = entries.take(MAX_LOOKED_AT);
        entries.any(|entry| entry.map_or(true, |entry| entry.ino() == place.inode))
    })
}

fn sharers(pid: u32, addresses: &[u64]) -> Vec<(u64, Sharers)> {
    let Some(own) = directory(pid) else {
        return Vec::new();
    };
    let mappings = files::mappings(&own).unwrap_or_default();
    let handles_signals = files::handles_signals(&own);
    let mut named_ones = Vec::new();
    let mut found: Vec<(u64, Sharers)> = addresses
        .iter()
        .filter_map(|address| {
            let place = place(&mappings, *address)?;
            named_ones.push(has_name(pid, place));
            let sharers = Sharers {
                place,
                owners: Vec::new(),
                complete: true,
                handles_signals,
            };
            Some((*address, sharers))
        })
        .collect();
    if found.is_empty() || walk(&own, pid, &mut found, &named_ones).is_none() {
        for (_, sharers) in &mut found {
            sharers.complete = false;
        }
    }
    found
}

/// Looks at the mappings of all processes. `None` where that is not possible.
fn walk(
    own: &Directory,
    pid: u32,
    found: &mut [(u64, Sharers)],
    named_ones: &[bool],
) -> Option<()> {
    let kin = Kin::of(own);
    let mut looked_at = 0;
    for process in all_processes().ok()?.flatten() {
        let other = u32::try_from(process.pid()).ok()?;
        if other == pid {
            continue;
        }
        let mappings = match files::mappings(&process) {
            Ok(mappings) => mappings,
            Err(_) if process.is_alive() && kin.may_be_one(&process) => return None,
            Err(_) => continue,
        };
        looked_at += mappings.len();
        if looked_at > MAX_LOOKED_AT {
            return None;
        }
        let mut may_open = None;
        for ((_, sharers), is_named) in found.iter_mut().zip(named_ones) {
            let place = sharers.place;
            let has_it = mappings.iter().any(|it| {
                let size = it.end - it.start;
                let offset = place.offset.wrapping_sub(it.offset);
                it.inode == place.inode && it.device == place.device && offset < size
            });
            match has_it {
                true => sharers.owners.push(named(&process, other)),
                false if *is_named => {
                    let may_open = *may_open.get_or_insert_with(|| kin.may_open(&process));
                    sharers.complete &= !may_open;
                }
                false => {}
            }
        }
    }
    Some(())
}

/// The processes that may have got a semaphore from its creator: a `fork` copies the mapping,
/// and a child in another start method opens it by its name (Lib/multiprocessing/spawn.py).
struct Kin {
    session: Option<i32>,
    executable: Option<String>,
    /// When the first process of the family was started, in ticks. `None` if not known.
    began: Option<u64>,
    cgroup: Option<Vec<u8>>,
}

impl Kin {
    fn of(own: &Directory) -> Self {
        Self {
            session: own.stat().ok().map(|stat| stat.session),
            executable: executable(own),
            began: began(own),
            cgroup: files::read(own, "cgroup").ok(),
        }
    }

    /// Whether a process whose mappings cannot be read may be of the family. It is not if it is
    /// older, or in another control group: the children of a process are in that of it.
    fn may_be_one(&self, process: &Directory) -> bool {
        let started = process.stat().ok().map(|stat| stat.starttime);
        let is_older = matches!((started, self.began), (Some(at), Some(began)) if at < began);
        let cgroup = files::read(process, "cgroup").ok();
        let is_elsewhere = cgroup.is_some() && self.cgroup.is_some() && cgroup != self.cgroup;
        !is_older && !is_elsewhere
    }

    fn may_open(&self, process: &Directory) -> bool {
        let same_session = process
            .stat()
            .is_ok_and(|stat| Some(stat.session) == self.session);
        let is_tracker = || {
            let arguments = files::command_line(process).unwrap_or_default();
            let names_one = |argument: &String| TRACKERS.iter().any(|it| argument.contains(it));
            arguments.iter().any(names_one)
        };
        same_session && executable(process) == self.executable && !is_tracker()
    }
}

/// When the outermost ancestor was started that runs the same program: what an older one had
/// mapped was lost when the program was started. `None` if one cannot be read.
fn began(own: &Directory) -> Option<u64> {
    let program = executable(own)?;
    let mut stat = own.stat().ok()?;
    while let Some(parent) = u32::try_from(stat.ppid).ok().filter(|pid| *pid > 0) {
        let parent = directory(parent)?;
        if executable(&parent)? != program {
            break;
        }
        stat = parent.stat().ok()?;
    }
    Some(stat.starttime)
}

fn executable(process: &Directory) -> Option<String> {
    files::executable(process).ok().map(|(path, _)| path)
}

/// What all threads of a process do.
fn rest_of(pid: u32) -> Option<Rest> {
    let directory = directory(pid)?;
    let mut ids = thread::ids(pid).ok()?;
    ids.sort_unstable();
    let mut mappings = None;
    if ids.len() > MAX_THREADS {
        return None;
    }
    let threads = ids.into_iter().map(|tid| {
        let call = thread::current_call(&directory, tid);
        let kernel = thread::describe(&directory, tid, call);
        let call = kernel.syscall.filter(|_| kernel.state == SLEEPS);
        let on = call.and_then(|call| rests_on(&directory, &call, &mut mappings));
        let status = files::Status::of_thread(&directory, tid).ok()?;
        // In a namespace of its own it calls processes by other numbers.
        if status.numbers("NSpid").len() != 1 {
            return None;
        }
        Some(RestingThread {
            tid,
            on,
            switches: status.number(SWITCHES)?,
        })
    });
    Some(Rest {
        threads: threads.collect::<Option<_>>()?,
        handles_signals: files::handles_signals(&directory),
    })
}

fn rests_on(
    directory: &Directory,
    call: &Syscall,
    mappings: &mut Option<Vec<Mapping>>,
) -> Option<RestsOn> {
    let args = &call.args;
    match call.name? {
        // `timeout` is null.
        "futex" if FUTEX_WAITS.contains(&(args[1] & FUTEX_COMMAND)) && args[3] == 0 => {
            let mappings =
                mappings.get_or_insert_with(|| files::mappings(directory).unwrap_or_default());
            place(mappings, args[0]).map(RestsOn::Semaphore)
        }
        name @ ("read" | "write") => {
            let info = directory.fd_from_fd(i32::try_from(args[0]).ok()?).ok()?;
            match (info.target, name) {
                (FDTarget::Pipe(inode), "read") => Some(RestsOn::Read(inode)),
                (FDTarget::Pipe(inode), _) => Some(RestsOn::Write(inode)),
                _ => None,
            }
        }
        "wait4" if args[2] & libc::WNOHANG as u64 == 0 => child(args[0]),
        "waitid" if args[0] == P_PID => child(args[1]),
        _ => None,
    }
}

/// The one child that `wait4` or `waitid` waits for. `pid_t` is a 32-bit number.
fn child(argument: u64) -> Option<RestsOn> {
    let pid = u32::try_from(argument as i32).ok()?;
    (pid > 0).then_some(RestsOn::Exit(pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(start: u64, end: u64, offset: u64, inode: u64) -> Mapping {
        Mapping {
            start,
            end,
            readable: true,
            writable: true,
            executable: false,
            offset,
            device: (0, 26),
            inode,
            path: None,
            deleted: true,
        }
    }

    #[test]
    fn a_place_is_the_same_at_any_address() {
        let here = [mapping(0x1000, 0x2000, 0, 7), mapping(0x5000, 0x6000, 0, 0)];
        let there = [mapping(0x9000, 0xa000, 0, 7)];
        assert_eq!(place(&here, 0x1010), place(&there, 0x9010));
        assert_ne!(place(&here, 0x1010), place(&there, 0x9018));
        for nowhere in [0x10, 0x2000, 0x5010] {
            assert_eq!(place(&here, nowhere), None);
        }
    }

    #[test]
    fn a_process_that_works_does_not_rest() {
        let rest = rest_of(std::process::id()).unwrap();
        assert!(rest.threads.iter().any(|thread| thread.on.is_none()));
    }
}
