//! The other ends of descriptors that somebody waits for: of sockets, pipes and
//! pseudo-terminals.
//!
//! They are looked for when it is known which descriptors are waited for, and only then: to
//! know who has an end means to look at the descriptors of all processes.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procfs::net::{TcpNetEntry, TcpState};
use procfs::process::Process as Directory;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::descriptors::{Descriptor, Descriptors};
use super::files;
use super::owners::{self, Found, Owners, Sought};
use super::sock_diag::{SockDiag, UnixPeer};
use super::tcp_facts::TcpFacts;

/// Largest number of descriptors whose other ends are looked for.
const MAX_ASKED: usize = 256;

/// A process that has an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its id, in our pid namespace.
    pub pid: u32,
    /// Its name as the kernel has it, cut after 15 bytes.
    pub name: String,
}

/// The processes that have the ends of one pipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipeEnds {
    /// Processes that can read from it.
    pub readers: Vec<u32>,
    /// Processes that can write to it.
    pub writers: Vec<u32>,
    /// Whether the descriptors of all processes could be read.
    pub complete: bool,
}

/// The other end of a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherEnd {
    /// The descriptors of this process that are the other end. While nobody has accepted
    /// the connection, those that listen for it.
    pub fds: Vec<i64>,
    /// The processes that have the other end.
    pub owners: Vec<Owner>,
    /// Whether somebody has accepted the connection; true for what needs no accepting.
    pub accepted: bool,
    /// Whether the descriptors of all processes could be read.
    pub complete: bool,
    /// Whether it is no end, but the lock on a file: then these are who has it.
    #[serde(default)]
    pub is_lock: bool,
    /// Whether this process handles signals, other than that of the keyboard and those of
    /// faults: a signal may come at any time, and its handler may use any descriptor.
    pub handles_signals: bool,
}

/// What was found out about one descriptor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// Its other end. `None` where it has none here, or where this is not known.
    pub other: Option<OtherEnd>,
    /// The ends of a pipe.
    pub pipe: Option<PipeEnds>,
    /// The kernel's numbers of a TCP connection.
    pub tcp: Option<TcpFacts>,
}

/// What was found out so far, by descriptor.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct KnownEnds(Mutex<FxHashMap<i64, Ends>>);

impl KnownEnds {
    fn lock(&self) -> MutexGuard<'_, FxHashMap<i64, Ends>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for KnownEnds {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

/// What to look for.
enum End {
    Of(Sought),
    /// The connection is in the queue of this listener.
    Queued(Sought),
}

impl Descriptors {
    /// What is known of the ends of descriptor `fd`.
    pub fn ends(&self, fd: i64) -> Option<Ends> {
        self.known_ends.lock().get(&fd).cloned()
    }

    /// Looks for the other ends of these descriptors, unless they are known. Of a recorded
    /// process only those are known that were looked for then.
    pub fn find_ends(&self, fds: impl IntoIterator<Item = i64>) {
        let Some(pid) = self.live else {
            return;
        };
        let mut known = self.known_ends.lock();
        let unknown = fds.into_iter().filter(|fd| !known.contains_key(fd));
        let asked = unknown.filter(|fd| self.may_have_ends(*fd));
        let asked: Vec<i64> = asked.take(MAX_ASKED).collect();
        if !asked.is_empty() {
            known.extend(Search::new(self, pid).ends(&asked));
        }
    }

    /// Notes what was found out about a descriptor.
    pub(super) fn set_ends(&self, fd: i64, ends: Ends) {
        self.known_ends.lock().insert(fd, ends);
    }

    /// Takes over what is known of the same descriptors at an earlier moment.
    pub fn keep_ends(&self, earlier: &Self) {
        let earlier = earlier.known_ends.lock().clone();
        self.known_ends.lock().extend(earlier);
    }

    fn may_have_ends(&self, fd: i64) -> bool {
        match self.get(fd) {
            Some(Descriptor::Socket(_) | Descriptor::Pipe(_)) => true,
            Some(Descriptor::Other(path)) => owners::may_be_terminal(path),
            None => false,
        }
    }
}

struct Search<'d> {
    descriptors: &'d Descriptors,
    pid: u32,
    directory: Option<Directory>,
    /// For questions to the kernel, where the sockets are of our own network namespace.
    kernel: Option<SockDiag>,
    /// Otherwise all TCP sockets of that namespace.
    table: Vec<TcpNetEntry>,
}

impl<'d> Search<'d> {
    fn new(descriptors: &'d Descriptors, pid: u32) -> Self {
        let network = |process: &str| fs::read_link(format!("/proc/{process}/ns/net")).ok();
        let is_ours = network("self").is_some_and(|ours| network(&pid.to_string()) == Some(ours));
        let id = i32::try_from(pid).ok();
        Self {
            descriptors,
            pid,
            directory: id.and_then(|id| Directory::new(id).ok()),
            kernel: is_ours.then(SockDiag::open).flatten(),
            table: Vec::new(),
        }
    }

    fn ends(mut self, fds: &[i64]) -> Vec<(i64, Ends)> {
        let has_tcp = fds.iter().any(|fd| self.descriptors.socket(*fd).is_some());
        if self.kernel.is_none() && has_tcp {
            self.read_table();
        }
        let mut sought = Found::default();
        let mut found = Vec::new();
        for fd in fds {
            let (end, tcp) = self.end(*fd);
            if let Some(End::Of(each) | End::Queued(each)) = end {
                sought.entry(each).or_default();
            }
            let pipe = self.pipe(*fd);
            for each in pipe.into_iter().flatten() {
                sought.entry(each).or_default();
            }
            found.push((*fd, end, pipe, tcp));
        }
        if !sought.is_empty() {
            owners::find(&mut sought, self.pid);
        }
        let handles_signals = self.directory.as_ref().is_none_or(files::handles_signals);
        let found = found.into_iter().map(|(fd, end, pipe, tcp)| {
            let ends = Ends {
                other: end.and_then(|end| other_end(&end, &sought, handles_signals)),
                pipe: pipe.and_then(|pipe| pipe_ends(pipe, &sought)),
                tcp,
            };
            (fd, ends)
        });
        found.collect()
    }

    /// What the other end of a descriptor is.
    fn end(&self, fd: i64) -> (Option<End>, Option<TcpFacts>) {
        if let Some(socket) = self.descriptors.socket(fd) {
            let peer = socket.peer.as_deref().and_then(|peer| peer.parse().ok());
            return match (socket.local.parse(), peer) {
                (Ok(local), Some(peer)) => self.tcp(local, peer),
                _ => (None, None),
            };
        }
        let end = match self.descriptors.get(fd) {
            Some(Descriptor::Socket(inode)) => self.unix(*inode),
            _ => self.opposite(fd),
        };
        (end, None)
    }

    fn unix(&self, inode: u64) -> Option<End> {
        let kernel = self.kernel.as_ref()?;
        match kernel.unix_peer(inode)? {
            UnixPeer::Socket(inode) => Some(End::Of(Sought::Socket(inode))),
            UnixPeer::WithoutOwner => {
                let listener = kernel.unix_listener(inode)?;
                Some(End::Queued(Sought::Socket(listener)))
            }
        }
    }

    fn tcp(&self, local: SocketAddr, peer: SocketAddr) -> (Option<End>, Option<TcpFacts>) {
        let Some(kernel) = &self.kernel else {
            return (self.in_table(local, peer), None);
        };
        let facts = kernel.tcp(local, peer).and_then(|own| own.facts);
        let end = kernel.tcp(peer, local).and_then(|other| match other.inode {
            0 if other.is_established => {
                let listener = kernel.tcp_listener(peer)?;
                Some(End::Queued(Sought::Socket(listener)))
            }
            // Who had it has closed it.
            0 => None,
            inode => Some(End::Of(Sought::Socket(inode))),
        });
        (end, facts)
    }

    fn read_table(&mut self) {
        let Some(directory) = &self.directory else {
            return;
        };
        let tables = [directory.tcp(), directory.tcp6()];
        self.table = tables.into_iter().flatten().flatten().collect();
    }

    fn in_table(&self, local: SocketAddr, peer: SocketAddr) -> Option<End> {
        let same = |one: SocketAddr, other: SocketAddr| {
            one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
        };
        let mut table = self.table.iter();
        let other = table
            .find(|it| same(it.local_address, peer) && same(it.remote_address, local))
            .filter(|it| it.inode != 0 || it.state == TcpState::Established)?;
        if other.inode != 0 {
            return Some(End::Of(Sought::Socket(other.inode)));
        }
        let takes = |it: &&TcpNetEntry| {
            let any = it.local_address.ip().is_unspecified();
            let port = it.local_address.port() == peer.port();
            it.state == TcpState::Listen && (any && port || same(it.local_address, peer))
        };
        let mut listeners = self.table.iter().filter(takes);
        let listener = listeners.next().filter(|_| listeners.next().is_none())?;
        Some(End::Queued(Sought::Socket(listener.inode)))
    }

    /// What the descriptor itself is an end of.
    fn own(&self, fd: i64) -> [Option<Sought>; 2] {
        let ends = |directory: &Directory| {
            let fd = i32::try_from(fd).ok()?;
            let info = directory.fd_from_fd(fd).ok()?;
            Some(owners::ends_of(directory, fd, &info.target))
        };
        let directory = self.directory.as_ref();
        directory.and_then(ends).unwrap_or_default()
    }

    /// The other end of a pipe or pseudo-terminal. Who opened a pipe for both has none.
    fn opposite(&self, fd: i64) -> Option<End> {
        let sought = match self.own(fd) {
            [Some(Sought::Reader(inode)), None] => Sought::Writer(inode),
            [None, Some(Sought::Writer(inode))] => Sought::Reader(inode),
            [Some(Sought::Slave(number)), None] => Sought::Master(number),
            [Some(Sought::Master(number)), None] => Sought::Slave(number),
            _ => return None,
        };
        Some(End::Of(sought))
    }

    fn pipe(&self, fd: i64) -> Option<[Sought; 2]> {
        match self.descriptors.get(fd)? {
            Descriptor::Pipe(inode) => Some([Sought::Reader(*inode), Sought::Writer(*inode)]),
            _ => None,
        }
    }
}

fn other_end(end: &End, found: &Found, handles_signals: bool) -> Option<OtherEnd> {
    let (End::Of(sought) | End::Queued(sought)) = end;
    let Owners {
        processes,
        own_fds,
        complete,
    } = found.get(sought)?.clone();
    Some(OtherEnd {
        fds: own_fds,
        owners: processes,
        accepted: matches!(end, End::Of(_)),
        complete,
        is_lock: false,
        handles_signals,
    })
}

fn pipe_ends([readers, writers]: [Sought; 2], found: &Found) -> Option<PipeEnds> {
    let (readers, writers) = (found.get(&readers)?, found.get(&writers)?);
    let pids = |owners: &Owners| owners.processes.iter().map(|owner| owner.pid).collect();
    Some(PipeEnds {
        readers: pids(readers),
        writers: pids(writers),
        complete: readers.complete && writers.complete,
    })
}
