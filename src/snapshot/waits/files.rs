//! Descriptors that tasks and threads wait for, and their other ends.

use super::registry::Registry;
use crate::cpython::{Kind, Reader};
use crate::model::{ResourceKind, SocketEnds};
use crate::process::{Descriptor, Descriptors};

/// Attributes by which transports, protocols and streams refer to each other
/// (Lib/asyncio/{selector_events,unix_events,streams,sslproto}.py, aiohttp).
const TRANSPORT_STEPS: [&str; 8] = [
    "_transport",
    "transport",
    "_ssl_protocol",
    "_protocol",
    "_stream_reader",
    "_reader",
    "_connection",
    "_sock",
];
/// Attributes with the number of a descriptor (Lib/asyncio/{selector_events,unix_events}.py).
const NUMBERS: [&str; 2] = ["_sock_fd", "_fileno"];
/// Attribute of a transport that says that its protocol must not write more
/// (Lib/asyncio/transports.py, `_FlowControlMixin`).
const PAUSED: &str = "_protocol_paused";
/// Maximum number of such attributes on the path to a descriptor.
const MAX_STEPS: usize = 4;

/// Prefix of the types of uvloop's handles, which wrap those of libuv.
const UVLOOP: &str = "uvloop.loop.";
/// Offset behind the object header of `UVHandle._handle`, the first field after Cython's
/// table of methods (uvloop/handles/handle.pxd).
const UV_HANDLE: u64 = 8;
/// Offset of `uv_stream_t.io_watcher.fd` in libuv 1.x on 64-bit Linux (include/uv.h,
/// include/uv/unix.h).
const UV_STREAM_FD: u64 = 184;

/// A descriptor that was found through an object of the target.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Number of the descriptor.
    pub fd: i64,
    /// Size in bytes of the transport's own write buffer. `None` if it has none.
    pub write_buffer: Option<u64>,
    /// Whether the transport makes its writers wait until the buffer is emptier.
    pub blocks_writer: bool,
}

impl Reader<'_> {
    /// The descriptor behind a stream, protocol, transport or socket. `None` if none was
    /// found.
    pub fn descriptor_of(&self, object: u64) -> Option<Found> {
        let mut level = vec![object];
        for _ in 0..MAX_STEPS {
            let mut next = Vec::new();
            for object in level {
                if let Some(found) = self.own_descriptor(object) {
                    return Some(found);
                }
                next.extend(
                    TRANSPORT_STEPS
                        .iter()
                        .filter_map(|name| self.attribute_object(object, name).ok()?),
                );
            }
            level = next;
        }
        None
    }

    /// The descriptor of a stream of libuv. `uv_handle_t.data`, its first field, must point
    /// to the object that wraps it.
    fn uv_descriptor(&self, object: u64) -> Option<Found> {
        let at = object + u64::from(self.layout.object.size) + UV_HANDLE;
        let handle = self.pointer(at, "_handle").ok()??;
        if self.u64(handle).ok()? != object {
            return None;
        }
        let fd = self.i32(handle + UV_STREAM_FD).ok()?;
        (fd >= 0).then_some(Found {
            fd: fd.into(),
            write_buffer: None,
            blocks_writer: false,
        })
    }

    /// The descriptor in the attributes of the object itself.
    fn own_descriptor(&self, object: u64) -> Option<Found> {
        let ty = self.type_of(object).ok()?;
        let is_socket = self
            .class_names(&ty)
            .iter()
            .any(|name| matches!(&**name, "_socket.socket" | "socket.socket"));
        if is_socket {
            // `sock_fd` is the first field (Modules/socketmodule.h).
            let fd = self.i32(object + u64::from(self.layout.object.size)).ok()?;
            return Some(Found {
                fd: fd.into(),
                write_buffer: None,
                blocks_writer: false,
            });
        }
        if ty.name.starts_with(UVLOOP) {
            return self.uv_descriptor(object);
        }
        let fd = self.first_attribute(object, &NUMBERS)?;
        let fd = self.int(fd).ok()?.to_i64()?;
        let write_buffer = self
            .attribute_object(object, "_buffer")
            .ok()
            .flatten()
            .and_then(|buffer| match self.type_of(buffer).ok()?.kind {
                Kind::Deque => self
                    .deque_items(buffer, self.limits.value_items)
                    .ok()
                    .map(|(items, _)| items.iter().filter_map(|item| self.any_length(*item)).sum()),
                _ => self.any_length(buffer),
            });
        let blocks_writer = self.attribute_bool(object, PAUSED) == Some(true);
        (fd >= 0).then_some(Found {
            fd,
            write_buffer,
            blocks_writer,
        })
    }
}

/// Index of the resource of descriptor `fd`, and the address of its other end.
pub(super) fn resource(
    registry: &mut Registry<'_, '_>,
    descriptors: &Descriptors,
    fd: i64,
) -> (usize, Option<String>) {
    let (kind, peer, summary) = describe(descriptors, fd);
    let index = registry.file(kind, fd, &summary);
    let resource = &mut registry.resources[index];
    resource.socket = descriptors.socket(fd).map(|socket| SocketEnds {
        local: socket.local.clone(),
        peer: socket.peer.clone(),
        state: socket.state.clone(),
        unread: socket.receive_queue,
        unsent: socket.send_queue,
    });
    (index, peer)
}

/// Kind of descriptor `fd`, the address of its other end, and a line about it.
pub(super) fn describe(
    descriptors: &Descriptors,
    fd: i64,
) -> (ResourceKind, Option<String>, String) {
    if let Some(socket) = descriptors.socket(fd) {
        let mut summary = format!("fd {fd}, {}", socket.state);
        match &socket.peer {
            Some(peer) => summary.push_str(&format!(", peer {peer}")),
            None => summary.push_str(&format!(" on {}", socket.local)),
        }
        if socket.receive_queue > 0 {
            summary.push_str(&format!(", {} bytes unread", socket.receive_queue));
        }
        if socket.send_queue > 0 {
            summary.push_str(&format!(", {} bytes unsent", socket.send_queue));
        }
        return (ResourceKind::Socket, socket.peer.clone(), summary);
    }
    if let Some(path) = descriptors.unix_socket(fd) {
        let peer = path.map(str::to_owned);
        let shown = path.map_or_else(String::new, |path| format!(" {path}"));
        return (
            ResourceKind::Socket,
            peer,
            format!("fd {fd}, Unix socket{shown}"),
        );
    }
    match descriptors.get(fd) {
        Some(Descriptor::Socket(_)) => (ResourceKind::Socket, None, format!("fd {fd}, socket")),
        Some(Descriptor::Pipe(_)) => (ResourceKind::Pipe, None, format!("fd {fd}, pipe")),
        Some(Descriptor::Other(name)) => (
            ResourceKind::File,
            Some(name.clone()),
            format!("fd {fd}, {name}"),
        ),
        None => (ResourceKind::File, None, format!("fd {fd}")),
    }
}
