//! The file descriptors of a process and the processes that it started: sockets with
//! their peers and queues, pipes, blocked children.

use std::io::Read;
use std::net::SocketAddr;

use procfs::net::{TcpNetEntry, TcpState};
use procfs::process::{FDTarget, Process as Directory};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::children::Child;
use super::ends::KnownEnds;
use super::family;
use super::files::handles_signals;
use super::shared::KnownShared;
use crate::process::Process;

/// Largest number of descriptors of one process that are read.
const MAX_DESCRIPTORS: usize = 65_536;
/// Largest number of children of one process that are read.
const MAX_CHILDREN: usize = 1_024;
/// Part of the kernel's name of an epoll instance.
const EPOLL: &str = "eventpoll";
/// Largest number of epoll instances of one process that are read.
const MAX_EPOLL_INSTANCES: usize = 64;
/// State of a socket that accepts connections.
const LISTENS: &str = "LISTEN";

/// The target of a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Descriptor {
    /// A socket, by its inode.
    Socket(u64),
    /// A pipe, by its inode, which both ends share.
    Pipe(u64),
    /// A file, by its path, or the kernel's name of anything else.
    Other(String),
}

/// A TCP socket as `/proc/PID/net/tcp` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Socket {
    /// Its own address and port.
    pub local: String,
    /// Address and port of the other end. `None` without a connection.
    pub peer: Option<String>,
    /// Its state as netstat writes it: `ESTABLISHED`, `LISTEN`.
    pub state: String,
    /// Bytes that have arrived and were not read.
    pub receive_queue: u64,
    /// Bytes that were written and are not acknowledged.
    pub send_queue: u64,
}

/// The kernel's view of descriptors and children, taken in one go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Descriptors {
    by_fd: FxHashMap<i64, Descriptor>,
    sockets: FxHashMap<u64, Socket>,
    unix: FxHashMap<u64, Option<String>>,
    /// Connections that this process opened and nobody has accepted yet: address of
    /// the listener, address of the opener.
    #[serde(default)]
    unaccepted: Vec<(String, String)>,
    /// The other ends of descriptors, as far as somebody has asked for them.
    #[serde(default)]
    pub(super) known_ends: KnownEnds,
    /// Who shares semaphores, and what processes rest in, as far as somebody has asked.
    #[serde(default)]
    pub(super) known_shared: KnownShared,
    /// The process, where it can be asked for more.
    #[serde(skip)]
    pub(super) live: Option<u32>,
    /// The descriptors that each epoll instance watches, with the events.
    #[serde(default)]
    watched: FxHashMap<i64, Vec<(i64, u32)>>,
    /// Its children.
    pub children: Vec<Child>,
    /// Whether it is known that it has no handler of a signal, other than the usual ones.
    #[serde(default)]
    pub ignores_signals: bool,
}

impl Descriptors {
    /// The descriptors and children of `process` now. Parts that cannot be read are
    /// left out.
    pub fn capture(process: &Process) -> Self {
        if let Some(recorded) = process.recorded() {
            return recorded.moment.descriptors.clone();
        }
        let Some(directory) = process.live_directory() else {
            return Self::default();
        };
        let mut this = Self {
            by_fd: descriptors(directory),
            live: Some(process.pid()),
            ignores_signals: !handles_signals(directory),
            ..Self::default()
        };
        let children = family::children(process.pid()).into_iter();
        let children = children.take(MAX_CHILDREN);
        this.children = children.filter_map(|pid| this.child(pid)).collect();
        let inodes = this.by_fd.values().filter_map(|target| match target {
            Descriptor::Socket(inode) => Some(*inode),
            _ => None,
        });
        let wanted: FxHashSet<u64> = inodes.collect();
        this.read_sockets(directory, wanted);
        this.watched = this.epoll_instances(directory);
        // Children were looked up by pid: they count if that is still its own.
        match process.is_alive() {
            true => this,
            false => Self::default(),
        }
    }

    /// Looks for the `wanted` inodes in one table after another. The tables of TCP come
    /// last: they are long on a machine with many connections, and the socket pair of
    /// an event loop is a Unix one.
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
        let mut unaccepted = Vec::new();
        for table in tables {
            if wanted.is_empty() {
                break;
            }
            let entries = table(directory).into_iter().flatten();
            self.read_tcp(entries, &mut wanted, &mut unaccepted);
        }
        let opened: FxHashSet<(&str, &str)> = self
            .sockets
            .values()
            .filter_map(|socket| Some((socket.peer.as_deref()?, socket.local.as_str())))
            .collect();
        unaccepted.retain(|(local, peer)| opened.contains(&(local, peer)));
        self.unaccepted = unaccepted;
    }

    fn read_tcp(
        &mut self,
        entries: impl Iterator<Item = TcpNetEntry>,
        wanted: &mut FxHashSet<u64>,
        unaccepted: &mut Vec<(String, String)>,
    ) {
        for entry in entries {
            // Without an inode it belongs to no process yet: it is in the queue of
            // the listener.
            if entry.inode == 0 && entry.state == TcpState::Established {
                let ends = (address(entry.local_address), address(entry.remote_address));
                unaccepted.push(ends);
            }
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

    /// Whether `other` is equal, apart from the processor time of children.
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
            && self.unaccepted == other.unaccepted
            && self.children.len() == other.children.len()
            && self.children.iter().zip(&other.children).all(same_child)
    }

    /// The target of descriptor `fd`. `None` when there is no such descriptor.
    pub fn get(&self, fd: i64) -> Option<&Descriptor> {
        self.by_fd.get(&fd)
    }

    /// The descriptors that the epoll instance `fd` watches, with the events.
    pub fn watched_by(&self, fd: i64) -> &[(i64, u32)] {
        self.watched.get(&fd).map_or(&[], Vec::as_slice)
    }

    /// What each epoll instance watches (proc_pid_fdinfo(5)).
    fn epoll_instances(&self, directory: &Directory) -> FxHashMap<i64, Vec<(i64, u32)>> {
        let instances = self.by_fd.iter().filter_map(|(fd, target)| match target {
            Descriptor::Other(name) if name.contains(EPOLL) => Some(*fd),
            _ => None,
        });
        let read = instances.take(MAX_EPOLL_INSTANCES).filter_map(|fd| {
            let mut text = String::new();
            let mut file = directory.open_relative(format!("fdinfo/{fd}")).ok()?;
            file.read_to_string(&mut text).ok()?;
            Some((fd, text.lines().filter_map(watched_entry).collect()))
        });
        read.collect()
    }

    /// The addresses on which the process accepts connections.
    pub fn listening(&self) -> Vec<String> {
        let sockets = self.sockets.values();
        let listening = sockets.filter(|socket| socket.state == LISTENS);
        let mut addresses: Vec<String> = listening.map(|socket| socket.local.clone()).collect();
        addresses.sort_unstable();
        addresses
    }

    /// The TCP socket of descriptor `fd`. `None` when it is none.
    pub fn socket(&self, fd: i64) -> Option<&Socket> {
        match self.by_fd.get(&fd)? {
            Descriptor::Socket(inode) => self.sockets.get(inode),
            _ => None,
        }
    }

    /// The path of the Unix socket of descriptor `fd`, `Some(None)` for one without a
    /// path. `None` when it is no Unix socket.
    pub fn unix_socket(&self, fd: i64) -> Option<Option<&str>> {
        match self.by_fd.get(&fd)? {
            Descriptor::Socket(inode) => self.unix.get(inode).map(Option::as_deref),
            _ => None,
        }
    }

    /// The TCP sockets of this process whose other end belongs to one of its own
    /// descriptors `served`: an accepted connection, or the listener that has the
    /// connection in its queue.
    pub fn ends_at(&self, served: impl Iterator<Item = i64>) -> FxHashSet<i64> {
        let mut accepted: FxHashSet<(&str, &str)> = FxHashSet::default();
        let mut listening: Vec<&str> = Vec::new();
        for socket in served.filter_map(|fd| self.socket(fd)) {
            match &socket.peer {
                Some(peer) => {
                    accepted.insert((&socket.local, peer));
                }
                None if socket.state == LISTENS => listening.push(&socket.local),
                None => {}
            }
        }
        let queued = self.unaccepted.iter().filter(|(to, _)| {
            let mut listening = listening.iter();
            listening.any(|local| listens_for(local, to))
        });
        accepted.extend(queued.map(|(to, from)| (to.as_str(), from.as_str())));
        let ends = self.by_fd.keys().copied().filter(|fd| {
            let socket = self.socket(*fd);
            let ends = socket.and_then(|socket| Some((socket.peer.as_deref()?, &*socket.local)));
            ends.is_some_and(|ends| accepted.contains(&ends))
        });
        ends.collect()
    }

    /// The descriptors of the pipe or socket `target`, sorted.
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

/// The descriptor and events of a line `tfd: 5 events: 19 ...`.
fn watched_entry(line: &str) -> Option<(i64, u32)> {
    let mut words = line.strip_prefix("tfd:")?.split_ascii_whitespace();
    let fd = words.next()?.parse().ok()?;
    let events = words.nth(1)?;
    Some((fd, u32::from_str_radix(events, 16).ok()?))
}

/// The target of a descriptor as `procfs` reports it.
pub(super) fn descriptor(target: FDTarget) -> Descriptor {
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

/// Whether a socket that listens on `local` receives connections to `address`.
fn listens_for(local: &str, address: &str) -> bool {
    let any = |host: &str| host == "0.0.0.0" || host == "[::]";
    match (local.rsplit_once(':'), address.rsplit_once(':')) {
        (Some((host, port)), Some((_, wanted))) if any(host) => port == wanted,
        _ => local == address,
    }
}

fn address(address: SocketAddr) -> String {
    match address {
        // A socket of both families shows IPv4 peers this way.
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => format!("{ip}:{}", v6.port()),
            None => address.to_string(),
        },
        SocketAddr::V4(_) => address.to_string(),
    }
}

fn state_name(state: TcpState) -> &'static str {
    use TcpState as State;
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
        State::Listen => LISTENS,
        State::Closing => "CLOSING",
    }
}

#[cfg(test)]
mod tests {
    use crate::process::proc::descriptors::*;

    /// Sockets by descriptor: local address, peer, and whether it listens.
    fn with(sockets: &[(i64, &str, Option<&str>)], unaccepted: &[(&str, &str)]) -> Descriptors {
        let mut known = Descriptors::default();
        for (fd, local, peer) in sockets {
            let inode = fd.unsigned_abs();
            known.by_fd.insert(*fd, Descriptor::Socket(inode));
            let socket = Socket {
                local: (*local).to_owned(),
                peer: peer.map(str::to_owned),
                state: if peer.is_some() {
                    "ESTABLISHED"
                } else {
                    LISTENS
                }
                .to_owned(),
                receive_queue: 0,
                send_queue: 0,
            };
            known.sockets.insert(inode, socket);
        }
        let pairs = unaccepted.iter();
        known.unaccepted = pairs
            .map(|(to, from)| ((*to).into(), (*from).into()))
            .collect();
        known
    }

    fn ends(known: &Descriptors, served: i64) -> Vec<i64> {
        known.ends_at([served].into_iter()).into_iter().collect()
    }

    const OPENED: (i64, &str, Option<&str>) = (9, "127.0.0.1:4000", Some("127.0.0.1:80"));

    #[test]
    fn the_other_end_is_the_accepted_connection() {
        let accepted = (12, "127.0.0.1:80", Some("127.0.0.1:4000"));
        let stranger = (13, "127.0.0.1:80", Some("127.0.0.1:4001"));
        let known = with(&[OPENED, stranger, accepted], &[]);
        assert_eq!(ends(&known, 12), [9]);
        assert_eq!(ends(&known, 9), [12]);
        assert!(ends(&known, 13).is_empty());
    }

    #[test]
    fn the_other_end_is_the_listener_while_nobody_has_accepted() {
        let queued = [("127.0.0.1:80", "127.0.0.1:4000")];
        for local in ["127.0.0.1:80", "0.0.0.0:80", "[::]:80"] {
            let sockets = [OPENED, (3, local, None)];
            assert_eq!(ends(&with(&sockets, &queued), 3), [9], "{local}");
            // Somebody else has accepted it, who shares the listener.
            assert!(ends(&with(&sockets, &[]), 3).is_empty(), "{local}");
        }
        for local in ["127.0.0.2:80", "0.0.0.0:8080"] {
            let known = with(&[OPENED, (3, local, None)], &queued);
            assert!(ends(&known, 3).is_empty(), "{local}");
        }
    }
}
