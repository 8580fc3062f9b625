//! Processes that this one started, and files that loops watch.

use super::WaitInputs;
use super::files;
use super::holders::HolderSearch;
use super::registry::Registry;
use crate::asyncio::LoopHandles;
use crate::cpython::Reader;
use crate::model::{ChildProcess, EdgeKind, EventLoop, FileEvents, ItemId, LoopFile, Wait};
use crate::process::Syscall;

impl HolderSearch<'_, '_, '_> {
    /// The processes that this one started, and the tasks and threads that hold the other
    /// end of the pipe or socket on which each is blocked. Adds the edges between them.
    pub fn children(&mut self) -> Vec<ChildProcess> {
        let descriptors = self.inputs.descriptors;
        let mut children = Vec::new();
        for child in &descriptors.children {
            let id = ItemId::Process(child.pid);
            let mut peers = Vec::new();
            if let Some(target) = &child.blocked_on {
                let shared = descriptors.sharing(target);
                let edges = self.registry.edges();
                let waiting: Vec<ItemId> = edges
                    .filter(|edge| edge.to == id && edge.from.is_actor())
                    .map(|edge| edge.from)
                    .collect();
                let writes = matches!(
                    child
                        .main_thread
                        .syscall
                        .as_ref()
                        .and_then(|call| call.name),
                    Some("write" | "writev")
                );
                let is_blocked = !shared.is_empty() && !waiting.is_empty();
                if is_blocked && !self.others_serve(&shared, child.pid, writes) {
                    peers.clone_from(&waiting);
                    for waiter in waiting {
                        let via = match writes {
                            true => EdgeKind::PipeFull,
                            false => EdgeKind::Pipe,
                        };
                        self.registry.edge(id, waiter, via);
                    }
                }
            }
            let syscall = child.main_thread.syscall.as_ref();
            children.push(ChildProcess {
                id,
                pid: child.pid,
                command: child.command.clone(),
                state: child.main_thread.state.to_string(),
                syscall: syscall.and_then(|call| call.name).map(str::to_owned),
                fd: syscall.and_then(Syscall::descriptor),
                peers,
                is_python: child.is_python,
            });
        }
        children
    }

    /// Whether a third process has the other end of the pipe of a child. `shared` are the
    /// descriptors of this process that lead to the pipe.
    fn others_serve(&self, shared: &[i64], child: u32, writes: bool) -> bool {
        let descriptors = self.inputs.descriptors;
        descriptors.find_ends(shared.iter().copied());
        let ends = shared.iter().filter_map(|fd| descriptors.ends(*fd)?.pipe);
        let mut others = ends.flat_map(|pipe| match writes {
            true => pipe.readers,
            false => pipe.writers,
        });
        others.any(|pid| pid != self.inputs.pid && pid != child)
    }
}

/// The id of the process that an object such as `subprocess.Popen` has in `attribute`.
pub(super) fn pid_of(reader: &Reader<'_>, object: u64, attribute: &str) -> Option<u32> {
    let pid = reader.attribute_object(object, attribute).ok()??;
    reader.pid(pid)
}

/// Adds the wait of `ids` for the exit of process `pid`, which is not a resource.
pub(super) fn wait_for_exit(
    registry: &mut Registry<'_, '_>,
    ids: &[ItemId],
    pid: u32,
    wait: &mut Wait,
) {
    let process = ItemId::Process(pid);
    wait.summary = format!("exit of process {pid}").into();
    wait.holders = vec![process];
    for id in ids {
        registry.edge(*id, process, EdgeKind::Subprocess);
    }
}

/// Fills in the files that a loop watches.
pub(super) fn loop_files(
    inputs: &WaitInputs<'_, '_>,
    registry: &Registry<'_, '_>,
    shown: &mut EventLoop,
    handles: &LoopHandles,
) {
    /// `selectors.EVENT_WRITE` (Lib/selectors.py).
    const WRITE: i64 = 2;
    shown.files = handles
        .watched
        .iter()
        .map(|file| {
            let socket = inputs.descriptors.socket(file.fd);
            let (kind, peer, _) = files::describe(inputs.descriptors, file.fd);
            let index = registry.index(ItemId::File(kind, file.fd));
            let handle = file.reader.as_ref().or(file.writer.as_ref());
            LoopFile {
                fd: file.fd,
                events: match (file.events & 1 != 0, file.events & WRITE != 0) {
                    (true, true) => FileEvents::ReadWrite,
                    (false, true) => FileEvents::Write,
                    _ => FileEvents::Read,
                },
                local: socket.map(|socket| socket.local.clone()),
                peer,
                state: socket.map(|socket| socket.state.clone()),
                receive_queue: socket.map(|socket| socket.receive_queue),
                send_queue: socket.map(|socket| socket.send_queue),
                callback: handle.map(|handle| handle.name.clone()),
                tasks: index.map_or(Vec::new(), |index| {
                    registry.resources[index].waiters.clone()
                }),
            }
        })
        .collect();
}
