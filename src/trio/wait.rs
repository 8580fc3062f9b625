//! What the innermost frames of a suspended trio task wait for.

use super::runner::runs;
use crate::cpython::{RawFrame, Reader};
use crate::model::{ResourceKind, WaitKind};

/// File with the functions in which every suspended task stands, such as
/// `wait_task_rescheduled`.
pub const TRAPS: &str = "trio/_core/_traps.py";
/// Class and method of queues of waiting tasks: who waits in one waits for what has it
/// (trio/_core/_parking_lot.py).
const PARKING_LOT: &str = "trio.lowlevel.ParkingLot";
const PARK: &str = "park";
/// First parameter of methods.
const SELF: &str = "self";
/// File and functions of timers, and the parameter with the deadline.
const TIMEOUTS: &str = "trio/_timeouts.py";
const SLEEP_FOREVER: &str = "sleep_forever";
const SLEEP_UNTIL: &str = "sleep_until";
const DEADLINE: &str = "deadline";
/// File and function that wait for a worker thread.
const THREADS: &str = "trio/_threads.py";
const TO_THREAD: &str = "to_thread_run_sync";
/// Its variable with the list that holds the task. The worker has the same list.
pub const WORKER_VARIABLE: &str = "task_register";
/// Class of what borrows from a limiter for a worker, and the variable of the same function
/// with it.
pub const PLACEHOLDER: &str = "trio._threads.ThreadPlaceholder";
const PLACEHOLDER_VARIABLE: &str = "placeholder";
/// Its variable that says whether the task may leave the worker alone when it is
/// cancelled.
const ABANDON: &str = "abandon_bool";
/// Class and method that wait for a descriptor, its parameters, and the value of the one
/// that tells the direction (trio/_core/_io_epoll.py).
const IO_MANAGER: &str = "trio._core._io_epoll.EpollIOManager";
const IO_WAIT: &str = "_epoll_wait";
const IO_FD: &str = "fd";
const IO_DIRECTION: &str = "attr_name";
const IO_WRITES: &str = "write_task";
/// Class of sockets, and its methods that wait for something else than bytes
/// (trio/_socket.py).
const SOCKET: &str = "trio._socket._SocketType";
const ACCEPT: &str = "accept";
const CONNECT: &str = "connect";
/// Class of child processes, its method that waits for the end, and its attribute with the
/// `subprocess.Popen` (trio/_subprocess.py).
const PROCESS: &str = "trio.Process";
const PROCESS_WAIT: &str = "wait";
const POPEN: &str = "_proc";

/// A class and those of its methods that wait.
struct Known {
    class: &'static str,
    methods: &'static [&'static str],
    kind: WaitKind,
    resource: ResourceKind,
    /// Attribute with the object that is waited for. `None` if it is the receiver.
    subject: Option<&'static str>,
}

const fn known(
    class: &'static str,
    methods: &'static [&'static str],
    kind: WaitKind,
    resource: ResourceKind,
    subject: Option<&'static str>,
) -> Known {
    Known {
        class,
        methods,
        kind,
        resource,
        subject,
    }
}

/// The methods in which tasks wait (trio/_sync.py, trio/_channel.py). trio gives its public
/// classes the module `trio`.
const KNOWN: [Known; 7] = [
    known(
        "trio.Event",
        &["wait"],
        WaitKind::Event,
        ResourceKind::Event,
        None,
    ),
    known(
        "trio._sync._LockImpl",
        &["acquire"],
        WaitKind::Lock,
        ResourceKind::Lock,
        None,
    ),
    known(
        "trio.Semaphore",
        &["acquire"],
        WaitKind::Semaphore,
        ResourceKind::Semaphore,
        None,
    ),
    known(
        "trio.CapacityLimiter",
        &["acquire_on_behalf_of"],
        WaitKind::Semaphore,
        ResourceKind::Limiter,
        None,
    ),
    known(
        "trio.Condition",
        &["wait"],
        WaitKind::Condition,
        ResourceKind::Condition,
        None,
    ),
    known(
        "trio.MemorySendChannel",
        &["send"],
        WaitKind::QueuePut,
        ResourceKind::MemoryStream,
        Some("_state"),
    ),
    known(
        "trio.MemoryReceiveChannel",
        &["receive"],
        WaitKind::QueueGet,
        ResourceKind::MemoryStream,
        Some("_state"),
    ),
];

/// What is done with a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Io {
    /// Bytes are read.
    Read,
    /// Bytes are written.
    Write,
    /// A client is accepted.
    Accept,
    /// A connection is made.
    Connect,
}

/// What a suspended task waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RawWait {
    /// An object of trio.
    Object {
        /// How it is waited for.
        kind: WaitKind,
        /// What it is.
        resource: ResourceKind,
        /// Its address.
        addr: u64,
    },
    /// The time of the runner's clock. `None` if it waits for ever.
    Sleep(Option<f64>),
    /// A descriptor.
    Descriptor {
        /// The descriptor.
        fd: i64,
        /// What is done with it.
        io: Io,
    },
    /// A function in a worker thread.
    Worker {
        /// Address of the list that the worker has in its variable
        /// [`WORKER_VARIABLE`].
        register: u64,
        /// Whether cancelling ends the wait.
        abandons: bool,
    },
    /// The end of a child process with this `subprocess.Popen`.
    Process(u64),
}

impl Reader<'_> {
    /// What a suspended task with these frames (innermost first) waits for. `None` if it is
    /// nothing that is known.
    pub fn trio_wait<'f>(&self, frames: impl Iterator<Item = &'f RawFrame>) -> Option<RawWait> {
        let mut frames = frames
            .skip_while(|frame| frame.at.code.filename.ends_with(TRAPS))
            .skip_while(|frame| self.is_method(frame, PARK, PARKING_LOT));
        let frame = frames.next()?;
        let variable = |name| self.frame_variable(frame, name).ok().flatten();
        if self.is_method(frame, IO_WAIT, IO_MANAGER) {
            let direction = variable(IO_DIRECTION).and_then(|text| self.text(text).ok());
            let writes = direction.as_deref() == Some(IO_WRITES);
            let fd = self.int(variable(IO_FD)?).ok()?.to_i64()?;
            let outer: Vec<&RawFrame> = frames.collect();
            if let Some(process) = self.waits_in(&outer, PROCESS_WAIT, PROCESS) {
                let popen = self.attribute_object(process, POPEN).ok()?;
                return popen.map(RawWait::Process);
            }
            let io = match writes {
                _ if self.waits_in(&outer, ACCEPT, SOCKET).is_some() => Io::Accept,
                _ if self.waits_in(&outer, CONNECT, SOCKET).is_some() => Io::Connect,
                true => Io::Write,
                false => Io::Read,
            };
            return Some(RawWait::Descriptor { fd, io });
        }
        if runs(frame, TIMEOUTS, SLEEP_FOREVER) {
            let mut outer = frames.take(1).filter(|it| runs(it, TIMEOUTS, SLEEP_UNTIL));
            let deadline = outer.next().and_then(|outer| {
                let deadline = self.frame_variable(outer, DEADLINE).ok()??;
                self.number(deadline).filter(|it| it.is_finite())
            });
            return Some(RawWait::Sleep(deadline));
        }
        if runs(frame, THREADS, TO_THREAD) {
            return Some(RawWait::Worker {
                register: variable(WORKER_VARIABLE)?,
                abandons: variable(ABANDON)
                    .and_then(|it| self.int(it).ok()?.to_i64())
                    .is_none_or(|it| it != 0),
            });
        }
        self.known_trio_wait(frame)
    }

    /// What borrows from a limiter for the worker for which `frame` waits. `None` if it
    /// waits for none.
    pub fn trio_placeholder(&self, frame: &RawFrame) -> Option<u64> {
        if !runs(frame, THREADS, TO_THREAD) {
            return None;
        }
        self.frame_variable(frame, PLACEHOLDER_VARIABLE).ok()?
    }

    fn known_trio_wait(&self, frame: &RawFrame) -> Option<RawWait> {
        let name = &*frame.at.code.name;
        let mut rows = KNOWN.iter().filter(|row| row.methods.contains(&name));
        let row = rows.find(|row| self.is_method(frame, name, row.class))?;
        let receiver = self.frame_variable(frame, SELF).ok()??;
        let addr = match row.subject {
            None => receiver,
            Some(attribute) => self.attribute_object(receiver, attribute).ok()??,
        };
        Some(RawWait::Object {
            kind: row.kind,
            resource: row.resource,
            addr,
        })
    }

    /// The receiver of the method of `class`, if one of `frames` runs it.
    fn waits_in(&self, frames: &[&RawFrame], method: &str, class: &str) -> Option<u64> {
        let mut frames = frames.iter();
        let frame = frames.find(|frame| self.is_method(frame, method, class))?;
        self.frame_variable(frame, SELF).ok()?
    }

    /// Whether `frame` runs this method on an instance of `class`.
    fn is_method(&self, frame: &RawFrame, method: &str, class: &str) -> bool {
        &*frame.at.code.name == method
            && matches!(
                self.frame_variable(frame, SELF),
                Ok(Some(receiver)) if self.is_instance(receiver, class)
            )
    }
}
