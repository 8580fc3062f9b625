//! What the kernel says of single sockets of our own network namespace (sock_diag(7)).
//!
//! Each question names one socket, so that its cost does not grow with their number. The
//! one question about all sockets is for those that listen on a path.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{
    AF_INET, AF_INET6, IPPROTO_TCP, TCP_ESTABLISHED, TCP_LISTEN,
};
use netlink_packet_sock_diag::inet::nlas::Nla;
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use netlink_packet_sock_diag::unix::nlas::Nla as UnixNla;
use netlink_packet_sock_diag::unix::{
    ShowFlags, StateFlags as UnixStates, UnixRequest, UnixResponse,
};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};

use super::tcp_facts::TcpFacts;

/// Size in bytes of the buffer for answers. The kernel fits its messages to it.
const BUFFER: usize = 64 << 10;
/// Largest number of messages of one answer that are read.
const MAX_MESSAGES: usize = 65_536;
/// Cookie that fits any socket (`INET_DIAG_NOCOOKIE` in linux/inet_diag.h).
const ANY_COOKIE: [u8; 8] = [0xff; 8];

/// What is asked and answered.
type Message = NetlinkMessage<SockDiagMessage>;

/// A socket for questions to the kernel.
pub(super) struct SockDiag(OwnedFd);

/// The other end of a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnixPeer {
    /// A socket with this inode.
    Socket(u64),
    /// One that no process has: it was not accepted yet, or it was closed.
    WithoutOwner,
}

/// A TCP socket.
#[derive(Debug)]
pub(super) struct TcpSocket {
    /// Its inode. 0 for a connection that nobody has accepted.
    pub inode: u64,
    /// Whether neither end has closed it.
    pub is_established: bool,
    /// What the kernel knows of the path to the other end.
    pub facts: Option<TcpFacts>,
}

impl SockDiag {
    /// A socket for questions. `None` when the kernel does not offer this.
    pub(super) fn open() -> Option<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let protocol = SockProtocol::NetlinkSockDiag;
        let made = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol);
        made.ok().map(Self)
    }

    /// The other end of the Unix socket `inode`. `None` without one.
    pub(super) fn unix_peer(&self, inode: u64) -> Option<UnixPeer> {
        let request = UnixRequest {
            state_flags: UnixStates::all(),
            inode: inode.try_into().ok()?,
            show_flags: ShowFlags::PEER,
            cookie: ANY_COOKIE,
        };
        let found = self.ask(SockDiagMessage::UnixRequest(request), NLM_F_REQUEST);
        let peer = unix(&found).find_map(UnixResponse::peer)?;
        Some(match peer {
            0 => UnixPeer::WithoutOwner,
            inode => UnixPeer::Socket(inode.into()),
        })
    }

    /// The Unix socket that listens and has the connection of socket `inode` in its queue.
    pub(super) fn unix_listener(&self, inode: u64) -> Option<u64> {
        let opener = u32::try_from(inode).ok()?;
        let request = UnixRequest {
            state_flags: UnixStates::LISTEN,
            inode: 0,
            show_flags: ShowFlags::ICONS,
            cookie: [0; 8],
        };
        let all = NLM_F_REQUEST | NLM_F_DUMP;
        let found = self.ask(SockDiagMessage::UnixRequest(request), all);
        let has_it = |socket: &&UnixResponse| {
            let mut parts = socket.nlas.iter();
            parts.any(|part| {
                matches!(part, UnixNla::PendingConnections(queue) if queue.contains(&opener))
            })
        };
        let listener = unix(&found).find(has_it);
        listener.map(|socket| socket.header.inode.into())
    }

    /// The TCP socket between these addresses.
    pub(super) fn tcp(&self, local: SocketAddr, peer: SocketAddr) -> Option<TcpSocket> {
        let found = self.ask_inet(local, peer);
        // In the place of a missing connection the kernel names the listener.
        let socket = inet(&found).find(|socket| {
            let id = &socket.header.socket_id;
            socket.header.state != TCP_LISTEN
                && id.source_port == local.port()
                && id.destination_port == peer.port()
                && id.source_address.to_canonical() == local.ip().to_canonical()
                && id.destination_address.to_canonical() == peer.ip().to_canonical()
        })?;
        Some(TcpSocket {
            inode: socket.header.inode.into(),
            is_established: socket.header.state == TCP_ESTABLISHED,
            facts: facts(socket),
        })
    }

    /// The inode of the TCP socket that takes connections to `address`.
    pub(super) fn tcp_listener(&self, address: SocketAddr) -> Option<u64> {
        let nobody: IpAddr = match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let found = self.ask_inet(address, SocketAddr::new(nobody, 0));
        let mut listening = inet(&found).filter(|socket| socket.header.state == TCP_LISTEN);
        let listener = listening.find(|it| it.header.socket_id.source_port == address.port());
        listener.map(|socket| socket.header.inode.into())
    }

    fn ask_inet(&self, local: SocketAddr, peer: SocketAddr) -> Vec<SockDiagMessage> {
        let family = match local.ip() {
            IpAddr::V4(_) => AF_INET,
            IpAddr::V6(_) => AF_INET6,
        };
        let request = InetRequest {
            family,
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::INFO,
            states: StateFlags::all(),
            socket_id: SocketId {
                source_port: local.port(),
                destination_port: peer.port(),
                source_address: local.ip(),
                destination_address: peer.ip(),
                interface_id: 0,
                cookie: ANY_COOKIE,
            },
        };
        self.ask(SockDiagMessage::InetRequest(request), NLM_F_REQUEST)
    }

    /// The answer to a question; empty when there is none. The kernel answers before the
    /// question is sent, so that nothing is waited for.
    fn ask(&self, request: SockDiagMessage, flags: u16) -> Vec<SockDiagMessage> {
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        let mut message = Message::new(header, request.into());
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        let (fd, kernel) = (self.0.as_raw_fd(), NetlinkAddr::new(0, 0));
        if sendto(fd, &bytes, &kernel, MsgFlags::empty()).is_err() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut buffer = vec![0; BUFFER];
        while let Ok(length) = recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT) {
            let received = buffer.get(..length).unwrap_or_default();
            let more = take_messages(received, &mut found);
            if !more || flags & NLM_F_DUMP == 0 || found.len() > MAX_MESSAGES {
                break;
            }
        }
        found
    }
}

/// Adds the answers among the messages of one datagram. Returns whether more may follow.
fn take_messages(mut bytes: &[u8], found: &mut Vec<SockDiagMessage>) -> bool {
    while !bytes.is_empty() {
        let Ok(message) = Message::deserialize(bytes) else {
            return false;
        };
        let length = message.header.length as usize;
        match message.payload {
            NetlinkPayload::InnerMessage(answer) => found.push(answer),
            NetlinkPayload::Noop => {}
            _ => return false,
        }
        // Messages begin at multiples of four bytes (`NLMSG_ALIGN` in linux/netlink.h).
        let next = length.next_multiple_of(4).max(4);
        bytes = bytes.get(next..).unwrap_or_default();
    }
    true
}

fn unix(found: &[SockDiagMessage]) -> impl Iterator<Item = &UnixResponse> {
    found.iter().filter_map(|message| match message {
        SockDiagMessage::UnixResponse(socket) => Some(&**socket),
        _ => None,
    })
}

fn inet(found: &[SockDiagMessage]) -> impl Iterator<Item = &InetResponse> {
    found.iter().filter_map(|message| match message {
        SockDiagMessage::InetResponse(socket) => Some(&**socket),
        _ => None,
    })
}

fn facts(socket: &InetResponse) -> Option<TcpFacts> {
    let header = &socket.header;
    let mut parts = socket.nlas.iter();
    let info = parts.find_map(|part| match part {
        Nla::TcpInfo(bytes) => Some(bytes.as_slice()),
        _ => None,
    })?;
    TcpFacts::read(info, header.recv_queue, header.send_queue)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    fn inode(socket: &impl AsFd) -> u64 {
        nix::sys::stat::fstat(socket).unwrap().st_ino
    }

    #[test]
    fn the_ends_of_a_pair_know_each_other() -> io::Result<()> {
        let kernel = SockDiag::open().unwrap();
        let (one, other) = UnixStream::pair()?;
        let peer = kernel.unix_peer(inode(&one));
        assert_eq!(peer, Some(UnixPeer::Socket(inode(&other))));
        drop(other);
        assert_eq!(kernel.unix_peer(inode(&one)), Some(UnixPeer::WithoutOwner));
        assert_eq!(kernel.unix_listener(inode(&one)), None);
        Ok(())
    }

    #[test]
    fn a_unix_connection_waits_at_its_listener() -> io::Result<()> {
        let kernel = SockDiag::open().unwrap();
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join("server"))?;
        let client = UnixStream::connect(folder.path().join("server"))?;
        assert_eq!(
            kernel.unix_peer(inode(&client)),
            Some(UnixPeer::WithoutOwner)
        );
        let found = kernel.unix_listener(inode(&client));
        assert_eq!(found, Some(inode(&listener)));
        assert_eq!(kernel.unix_peer(inode(&listener)), None);
        let (accepted, _) = listener.accept()?;
        let peer = kernel.unix_peer(inode(&client));
        assert_eq!(peer, Some(UnixPeer::Socket(inode(&accepted))));
        Ok(())
    }

    #[test]
    fn the_ends_of_a_tcp_connection_are_found() -> io::Result<()> {
        let kernel = SockDiag::open().unwrap();
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address)?;
            let mut client = TcpStream::connect(listener.local_addr()?)?;
            let (local, peer) = (client.local_addr()?, client.peer_addr()?);
            // Nobody has accepted it.
            assert_eq!(kernel.tcp(peer, local).unwrap().inode, 0, "{address}");
            let found = kernel.tcp_listener(peer);
            assert_eq!(found, Some(inode(&listener)), "{address}");
            let (accepted, _) = listener.accept()?;
            let found = kernel.tcp(peer, local).unwrap();
            assert_eq!(found.inode, inode(&accepted), "{address}");
            client.write_all(b"four")?;
            assert_eq!(kernel.tcp(peer, local).unwrap().facts.unwrap().unread, 4);
            // The listener is not taken for a connection.
            assert!(kernel.tcp(peer, peer).is_none(), "{address}");
        }
        Ok(())
    }
}
