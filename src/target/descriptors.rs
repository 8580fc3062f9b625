//! What the kernel shows of a process's file descriptors and of the processes
//! that it started: sockets with their peers and queues, pipes, children that
//! are blocked.

use std::net::SocketAddr;

use procfs::net::TcpNetEntry;
use procfs::process::{FDTarget, Process as Directory};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::thread::{self, KernelThread};
use super::{Process, family};

/// Descriptors and children of one process that are looked at.
const MAX_DESCRIPTORS: usize = 65_536;
const MAX_CHILDREN: usize = 1_024;

/// What a descriptor refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Descriptor {
    /// By inode.
    Socket(u64),
    /// By inode, which both ends share.
    Pipe(u64),
    /// A file by its path, or what the kernel calls anything else.
    Other(String),
}

/// A TCP socket as `/proc/PID/net/tcp` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Socket {
    pub local: String,
    pub peer: Option<String>,
    /// As netstat writes it: `ESTABLISHED`, `LISTEN`.
    pub state: String,
    /// Bytes that have come in and were not read.
    pub receive_queue: u64,
    /// Bytes that were written and not acknowledged.
    pub send_queue: u64,
}

/// A process that another one started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Child {
    pub pid: u32,
    pub command: Vec<String>,
    /// Its main thread.
    pub main_thread: KernelThread,
    /// What the descriptor in the first argument of its call refers to.
    pub blocked_on: Option<Descriptor>,
    pub is_python: bool,
}

/// The kernel's view of descriptors and children, taken in one go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Descriptors {
    by_fd: FxHashMap<i64, Descriptor>,
    sockets: FxHashMap<u64, Socket>,
    unix: FxHashMap<u64, Option<String>>,
    pub children: Vec<Child>,
}

impl Descriptors {
    /// What the kernel says of `process` now. What cannot be had is left out.
    pub fn capture(process: &Process) -> Self {
        if let Some(recorded) = process.recorded() {
            return recorded.moment.descriptors.clone();
        }
        let Ok(directory) = i32::try_from(process.pid())
            .map_or_else(|_| Err(procfs::ProcError::NotFound(None)), Directory::new)
        else {
            return Self::default();
        };
        let mut this = Self {
            by_fd: descriptors(&directory),
            children: family::children(process.pid())
                .into_iter()
                .take(MAX_CHILDREN)
                .filter_map(child)
                .collect(),
            ..Self::default()
        };
        let inodes = this.by_fd.values().filter_map(|target| match target {
            Descriptor::Socket(inode) => Some(*inode),
            _ => None,
        });
        let wanted: FxHashSet<u64> = inodes.collect();
        this.read_sockets(&directory, wanted);
        this
    }

    /// Looks for the `wanted` inodes in one table after another: those of TCP
    /// are costly on a machine with many connections, and a loop's own pair of
    /// sockets is a Unix one.
    fn read_sockets(&mut self, directory: &Directory, mut wanted: FxHashSet<u64>) {
        if wanted.is_empty() {
            return;
        }
        for entry in directory.unix().into_iter().flatten() {
            if wanted.remove(&entry.inode) {
                let path = entry.path.map(|path| path.to_string_lossy().into_owned());
                self.unix.insert(entry.inode, path);
            }
        }
        let tables = [Directory::tcp, Directory::tcp6];
        for table in tables {
            if wanted.is_empty() {
                return;
            }
            let entries = table(directory).into_iter().flatten();
            self.read_tcp(entries, &mut wanted);
        }
    }

    fn read_tcp(
        &mut self,
        entries: impl Iterator<Item = TcpNetEntry>,
        wanted: &mut FxHashSet<u64>,
    ) {
        for entry in entries {
            if !wanted.remove(&entry.inode) {
                continue;
            }
            let socket = Socket {
                local: address(entry.local_address),
                peer: (entry.remote_address.port() != 0).then(|| address(entry.remote_address)),
                state: state_name(entry.state).to_owned(),
                receive_queue: entry.rx_queue.into(),
                send_queue: entry.tx_queue.into(),
            };
            self.sockets.insert(entry.inode, socket);
        }
    }

    /// Whether `other` shows the same, but for the time that children used.
    pub fn shows_same(&self, other: &Self) -> bool {
        let same_child = |(one, other): (&Child, &Child)| {
            let calls = |child: &Child| (child.main_thread.state, child.main_thread.syscall);
            one.pid == other.pid
                && calls(one) == calls(other)
                && one.blocked_on == other.blocked_on
                && one.command == other.command
        };
        self.by_fd == other.by_fd
            && self.sockets == other.sockets
            && self.unix == other.unix
            && self.children.len() == other.children.len()
            && self.children.iter().zip(&other.children).all(same_child)
    }

    /// What descriptor `fd` refers to.
    pub fn get(&self, fd: i64) -> Option<&Descriptor> {
        self.by_fd.get(&fd)
    }

    /// The TCP socket behind descriptor `fd`.
    pub fn socket(&self, fd: i64) -> Option<&Socket> {
        match self.by_fd.get(&fd)? {
            Descriptor::Socket(inode) => self.sockets.get(inode),
            _ => None,
        }
    }

    /// Whether descriptor `fd` is a Unix socket, and its path.
    pub fn unix_socket(&self, fd: i64) -> Option<Option<&str>> {
        match self.by_fd.get(&fd)? {
            Descriptor::Socket(inode) => self.unix.get(inode).map(Option::as_deref),
            _ => None,
        }
    }

    /// The descriptors that refer to the pipe or socket `target`.
    pub fn sharing(&self, target: &Descriptor) -> Vec<i64> {
        let mut fds: Vec<i64> = self
            .by_fd
            .iter()
            .filter(|(_, other)| *other == target)
            .map(|(fd, _)| *fd)
            .collect();
        fds.sort_unstable();
        fds
    }
}

fn descriptors(directory: &Directory) -> FxHashMap<i64, Descriptor> {
    let Ok(fds) = directory.fd() else {
        return FxHashMap::default();
    };
    fds.take(MAX_DESCRIPTORS)
        .flatten()
        .map(|info| (i64::from(info.fd), descriptor(info.target)))
        .collect()
}

fn descriptor(target: FDTarget) -> Descriptor {
    match target {
        FDTarget::Socket(inode) => Descriptor::Socket(inode),
        FDTarget::Pipe(inode) => Descriptor::Pipe(inode),
        FDTarget::Path(path) => Descriptor::Other(path.to_string_lossy().into_owned()),
        FDTarget::AnonInode(name) | FDTarget::MemFD(name) => Descriptor::Other(name),
        FDTarget::Net(inode) => Descriptor::Other(format!("net:[{inode}]")),
        FDTarget::Other(name, inode) => Descriptor::Other(format!("{name}:[{inode}]")),
        FDTarget::Unknown(name, rest) => Descriptor::Other(format!("{name}:{rest}")),
    }
}

/// Calls whose first argument is a descriptor that they can block on.
const DESCRIPTOR_CALLS: [&str; 12] = [
    "read", "write", "readv", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "accept",
    "accept4", "connect", "flock",
];

/// The descriptor that the call of `kernel` is about.
pub fn call_descriptor(kernel: &KernelThread) -> Option<i64> {
    let call = kernel.syscall.as_ref()?;
    let known = DESCRIPTOR_CALLS.contains(&call.name?);
    known.then(|| i64::try_from(call.args[0]).ok()).flatten()
}

fn child(pid: u32) -> Option<Child> {
    let directory = Directory::new(i32::try_from(pid).ok()?).ok()?;
    let main_thread = thread::describe(&directory, pid, thread::current_call(&directory, pid));
    let blocked_on = call_descriptor(&main_thread)
        .and_then(|fd| i32::try_from(fd).ok())
        .and_then(|fd| directory.fd_from_fd(fd).ok())
        .map(|info| descriptor(info.target));
    let executable = directory.exe().ok();
    Some(Child {
        pid,
        command: directory.cmdline().unwrap_or_default(),
        main_thread,
        blocked_on,
        is_python: executable
            .and_then(|path| Some(path.file_name()?.to_string_lossy().contains("python")))
            .unwrap_or(false),
    })
}

fn address(address: SocketAddr) -> String {
    match address {
        // A socket that takes both families shows IPv4 peers this way.
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => format!("{ip}:{}", v6.port()),
            None => address.to_string(),
        },
        SocketAddr::V4(_) => address.to_string(),
    }
}

fn state_name(state: procfs::net::TcpState) -> &'static str {
    use procfs::net::TcpState as State;
    match state {
        State::Established => "ESTABLISHED",
        State::SynSent => "SYN_SENT",
        State::SynRecv | State::NewSynRecv => "SYN_RECV",
        State::FinWait1 => "FIN_WAIT1",
        State::FinWait2 => "FIN_WAIT2",
        State::TimeWait => "TIME_WAIT",
        State::Close => "CLOSED",
        State::CloseWait => "CLOSE_WAIT",
        State::LastAck => "LAST_ACK",
        State::Listen => "LISTEN",
        State::Closing => "CLOSING",
    }
}
