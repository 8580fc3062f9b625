//! Explains the wait of one suspended greenlet.

use super::files;
use super::task::{ExplainTask, type_name};
use crate::activity::python_frames;
use crate::asyncio::handles::Watched;
use crate::asyncio::wait_table::{Receiver, THREAD_WAITS};
use crate::asyncio::{LoopHandles, RawHandle};
use crate::cpython::{RawFrame, Reader};
use crate::greenlet::{GreenletLinks, GreenletWait, Watcher};
use crate::model::{EdgeKind, Guard, GuardKind, ItemId, ResourceKind, TaskState, Wait, WaitKind};
use crate::snapshot::tasks::BuiltTask;

/// Bit of the events of a descriptor: it can be read.
const READ: i64 = 1;
/// What a greenlet without any reference to it waits in.
const IN_HUB: &str = "in the hub";
/// What a greenlet waits for that nobody has started.
const TO_START: &str = "to be started";

/// Part of the path of each file of gevent.
const FILES: &str = "/gevent/";
/// Attribute of the reentrant locks of Python code with the lock inside (Lib/threading.py).
const BLOCK: &str = "_block";

/// The classes of gevent that greenlets wait in, the kind of the wait, and what each is.
const KNOWN: [(&str, WaitKind, ResourceKind); 5] = [
    ("RLock", WaitKind::Lock, ResourceKind::Lock),
    ("LockType", WaitKind::Lock, ResourceKind::Lock),
    ("Semaphore", WaitKind::Semaphore, ResourceKind::Semaphore),
    ("Event", WaitKind::Event, ResourceKind::Event),
    // It is set like an event.
    ("AsyncResult", WaitKind::Event, ResourceKind::Event),
];

impl ExplainTask<'_, '_, '_> {
    /// Explains the wait of a greenlet, and adds the timeouts that end it.
    pub(super) fn greenlet(&mut self, built: &mut BuiltTask) {
        let links = self.inputs.greenlets;
        let now = self.inputs.now;
        let timeouts = links.timeouts.get(&built.addr);
        let mut guards: Vec<Guard> = (timeouts.into_iter().flatten().flatten())
            .map(|at| Guard {
                kind: GuardKind::Timeout,
                remaining_s: at - now,
            })
            .collect();
        guards.sort_by(|a, b| a.remaining_s.total_cmp(&b.remaining_s));
        built.task_mut().guards = guards.into();
        let id = built.task.id;
        let waits = links.waits.get(&built.addr).map_or(&[][..], Vec::as_slice);
        // A timer whose time is in C data may end the wait.
        let is_open = timeouts.is_some_and(|timeouts| timeouts.contains(&None));
        if waits.is_empty() && links.ready.contains(&built.addr) {
            let task = built.task_mut();
            task.state = TaskState::Ready;
            task.waits_for = None;
            return;
        }
        let mut wait = built.task_mut().waits_for.take().unwrap_or_default();
        let index = match waits {
            [] => {
                wait.summary = match built.task.started {
                    Some(false) => TO_START,
                    _ => IN_HUB,
                }
                .into();
                None
            }
            _ if is_open => {
                wait.summary = "with a timeout, in the hub".into();
                None
            }
            [one] => self.greenlet_wait(built, *one, &mut wait),
            several => {
                self.several(id, several, &mut wait);
                None
            }
        };
        wait.resource = index.map(|index| self.registry.resources[index].id);
        built.task_mut().waits_for = Some(wait);
    }

    /// Explains one wait. Returns the index of its resource.
    fn greenlet_wait(
        &mut self,
        built: &BuiltTask,
        raw: GreenletWait,
        wait: &mut Wait,
    ) -> Option<usize> {
        let (reader, id) = (self.inputs.reader, built.task.id);
        match raw {
            GreenletWait::Linked(addr) if reader.is_greenlet(addr) => {
                self.join(id, addr, EdgeKind::Await, wait);
                None
            }
            GreenletWait::Linked(addr) => {
                let known = patched(reader, built, addr);
                let (addr, known) = match known {
                    Some((addr, kind, resource)) => (addr, Some((kind, resource))),
                    None => (addr, kind_of(reader, addr)),
                };
                wait.type_name = type_name(reader, addr);
                let Some((kind, resource)) = known else {
                    wait.summary = wait.type_name.clone();
                    return None;
                };
                wait.kind = kind;
                let index = self.registry.object(resource, addr);
                self.registry.wait(id, index, resource.edge());
                self.completers(built, addr, index);
                Some(index)
            }
            GreenletWait::Queue { addr, puts } => {
                wait.kind = match puts {
                    true => WaitKind::QueuePut,
                    false => WaitKind::QueueGet,
                };
                wait.type_name = type_name(reader, addr);
                let index = self.registry.object(ResourceKind::Queue, addr);
                self.registry.wait(id, index, ResourceKind::Queue.edge());
                Some(index)
            }
            GreenletWait::Sleep(at) => {
                wait.kind = WaitKind::Timer;
                // Only without a time of its own.
                wait.summary = "its time is not known".into();
                wait.remaining_s = at.map(|at| at - self.inputs.now);
                None
            }
            GreenletWait::Descriptor { fd, events } => {
                let is_pipe = files::describe(self.inputs.descriptors, fd).0 == ResourceKind::Pipe;
                let kind = match events == 0 || events & READ != 0 {
                    true => WaitKind::SocketRead,
                    false => WaitKind::SocketWrite,
                };
                wait.kind = match is_pipe {
                    true => kind.over_pipe(),
                    false => kind,
                };
                let index = self.file(id, fd, wait);
                wait.type_name
                    .clone_from(&self.registry.resources[index].type_name);
                Some(index)
            }
            GreenletWait::Watcher(addr) => {
                wait.type_name = type_name(reader, addr);
                wait.summary = wait.type_name.clone();
                None
            }
        }
    }

    /// Adds the edge to the greenlet at `addr`, whose end is waited for.
    fn join(&mut self, id: ItemId, addr: u64, via: EdgeKind, wait: &mut Wait) {
        wait.kind = via.task_wait();
        wait.type_name = type_name(self.inputs.reader, addr);
        let name = self.greenlet_names.get(&addr);
        wait.summary = name.map_or_else(|| wait.type_name.clone(), Clone::clone);
        // One that is not shown has ended, or cannot be read.
        if name.is_some() {
            self.registry.edge(id, ItemId::Task(addr), via);
        }
    }

    /// Explains a wait for several things, of which one may be enough.
    fn several(&mut self, id: ItemId, waits: &[GreenletWait], wait: &mut Wait) {
        let reader = self.inputs.reader;
        let of = |wait: &GreenletWait| match wait {
            GreenletWait::Linked(addr) if reader.is_greenlet(*addr) => Some(*addr),
            _ => None,
        };
        let greenlets: Vec<u64> = waits.iter().filter_map(of).collect();
        if greenlets.len() == waits.len() {
            for addr in &greenlets {
                self.join(id, *addr, EdgeKind::Wait, wait);
            }
            let count = greenlets.len();
            wait.summary = format!("{count} greenlets").into();
            return;
        }
        wait.summary = format!("one of {} things", waits.len()).into();
    }

    /// Adds the edges from what is waited for at `addr` to the greenlets that set it when
    /// they end, and to the hub if that will call it.
    fn completers(&mut self, built: &BuiltTask, addr: u64, index: usize) {
        let id = self.registry.resources[index].id;
        let links = self.inputs.greenlets;
        let completes = links.completes.iter().filter(|(object, _)| *object == addr);
        for (_, greenlet) in completes {
            if self.greenlet_names.contains_key(greenlet) {
                self.registry
                    .edge(id, ItemId::Task(*greenlet), EdgeKind::Future);
            }
        }
        if let (true, Some(hub)) = (links.called.contains(&addr), built.task.event_loop) {
            self.registry.edge(id, hub, EdgeKind::EventLoop);
        }
    }
}

/// The object of the standard library around the lock of gevent at `lock`, in which a
/// greenlet of a program whose modules gevent has patched waits; how, and what it is.
fn patched(
    reader: &Reader<'_>,
    built: &BuiltTask,
    lock: u64,
) -> Option<(u64, WaitKind, ResourceKind)> {
    let of_gevent = |frame: &&RawFrame| frame.at.code.filename.contains(FILES);
    let frames = || python_frames(&built.chain).skip_while(of_gevent);
    if let Some((raw, _)) = reader.innermost_wait(frames(), THREAD_WAITS)
        && let Receiver::Resource(kind) = raw.receiver
    {
        return Some((raw.subject, raw.kind, kind));
    }
    let receiver = reader.method_receiver(frames().next()?).ok()??;
    let block = reader.attribute_object(receiver, BLOCK).ok()??;
    (block == lock).then_some((receiver, WaitKind::Lock, ResourceKind::Lock))
}

/// How the object of gevent at `addr` is waited for, and what it is.
fn kind_of(reader: &Reader<'_>, addr: u64) -> Option<(WaitKind, ResourceKind)> {
    let mut known = KNOWN.iter();
    let row = known.find(|(class, ..)| reader.is_gevent(addr, class))?;
    Some((row.1, row.2))
}

/// What the loops of gevent's hubs watch and call, as a loop of asyncio has it.
pub(super) fn handles(links: &GreenletLinks) -> LoopHandles {
    let mut handles = LoopHandles::default();
    for (fd, events) in &links.watched {
        handles.watched.push(Watched {
            fd: *fd,
            events: *events,
            reader: None,
            writer: None,
        });
    }
    for (addr, raw) in &links.calls {
        let when = match raw.watcher {
            Watcher::Timer(at) => at,
            _ => None,
        };
        let Some(callback) = raw.callback else {
            continue;
        };
        let handle = RawHandle {
            addr: *addr,
            name: String::new(),
            callback,
            arguments: raw.args.clone(),
            when,
        };
        match raw.watcher {
            Watcher::Timer(_) => handles.timers.push(handle),
            Watcher::Ready => handles.ready.push(handle),
            Watcher::Io { fd, .. } => {
                let mut watched = handles.watched.iter_mut();
                if let Some(file) = watched.find(|file| file.fd == fd && file.reader.is_none()) {
                    file.reader = Some(handle);
                }
            }
            Watcher::Other => handles.signals.push(handle),
        }
    }
    handles
}
