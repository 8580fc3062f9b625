//! Waits, resources, the edges between them, and references that could end a wait.

use std::fmt;
use std::str::FromStr;

use arcstr::ArcStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::ItemId;
use super::kind::{EdgeKind, GuardKind, ResourceKind, WaitKind};
use super::text_enum::{UnknownText, from_text};

/// A timeout around a wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// The kind of timeout.
    pub kind: GuardKind,
    /// Seconds until it ends the wait. Negative if it is overdue because its loop
    /// did not run.
    pub remaining_s: f64,
}

/// What the innermost frame of a task or thread waits for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Wait {
    /// The kind of wait.
    pub kind: WaitKind,
    /// Full name of the type of the awaited object. For a system call: its name, or
    /// the kind of its descriptor.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    /// The wait in one line.
    pub summary: ArcStr,
    /// The awaited resource. `None` if it is not a resource (e.g. a task or timer)
    /// or is not known.
    pub resource: Option<ItemId>,
    /// Who holds the resource, or runs the awaited job.
    pub holders: Vec<ItemId>,
    /// Number of waiters that get the resource first. `None` if it is not known.
    pub waiters_ahead: Option<u64>,
    /// Seconds until the awaited timer is due, negative if it is overdue. `None` for
    /// other waits.
    pub remaining_s: Option<f64>,
    /// Seconds that the wait has lasted, by the clock of the process. `None` unless the
    /// process has the moment at which it began: where it has set a timer then.
    #[serde(default)]
    pub since_s: Option<f64>,
    /// Address of the other end of an awaited socket, or path of an awaited file.
    /// `None` if there is none, or it is not known.
    pub peer: Option<ArcStr>,
    /// How many of the awaited futures are done. `None` unless the task awaits a
    /// `gather`.
    pub done: Option<u64>,
    /// How many futures are awaited together. `None` unless the task awaits a
    /// `gather`.
    pub total: Option<u64>,
}

/// A lock, queue, pool or other object that tasks or threads wait for, or hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `<kind>:0x<address>`, or `<kind>:fd-<number>` for files of the kernel.
    pub id: ItemId,
    /// The kind of resource.
    pub kind: ResourceKind,
    /// Full name of the type of the object; the kind for files of the kernel.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    /// A name as a person would write it: `Account.lock`. `None` if no variable
    /// names it.
    pub name: Option<String>,
    /// The resource, its state and its holders in one line.
    pub summary: String,
    /// Proven holders. A lock taken by a plain `acquire()` may have others.
    pub holders: Vec<ItemId>,
    /// Where holders took the resource, for those of whom it is known.
    pub taken_at: Vec<Acquisition>,
    /// Waiters, in the order in which they will get the resource if it keeps one.
    pub waiters: Vec<ItemId>,
    /// Whether the lock is locked. `None` if it is not a lock or condition.
    pub locked: Option<bool>,
    /// Whether the event is set. `None` if it is not an event.
    pub set: Option<bool>,
    /// Permits or tokens left of a semaphore, pool or limiter; `None` for others.
    pub value: Option<i64>,
    /// Capacity: workers, connections, permits, parties or items. `None` if it is
    /// unbounded or has none.
    pub limit: Option<i64>,
    /// Workers or connections in use; `None` if this is not known.
    pub used: Option<i64>,
    /// Items of a queue, queued jobs of an executor, free connections of a pool, or
    /// parties that arrived at a barrier; `None` for others.
    pub size: Option<u64>,
    /// Items of a queue that still need `task_done()`; `None` for others.
    pub unfinished: Option<u64>,
    /// Bytes in the stream's own buffer: unread for a read, unsent for a write.
    /// `None` if it is not a stream.
    pub buffered: Option<u64>,
    /// Whether the queue or executor was shut down; `None` for others.
    pub closed: Option<bool>,
    /// The two ends of a TCP connection. `None` if it is none.
    #[serde(default)]
    pub socket: Option<SocketEnds>,
    /// Who has the ends of a pipe. `None` if it is none, or this was not examined.
    #[serde(default)]
    pub pipe: Option<PipeEnds>,
    /// Who has the other end of a socket, pipe or terminal. `None` if it has none here, or
    /// this is not known.
    #[serde(default)]
    pub ends: Option<OtherEnd>,
    /// What the kernel knows of the path of a TCP connection. `None` if it is none, or this
    /// is not known.
    #[serde(default)]
    pub tcp: Option<TcpPath>,
    /// What could not be read of the resource. `None` if all was read.
    pub error: Option<String>,
}

/// The two ends of a TCP socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketEnds {
    /// Its own address and port.
    pub local: String,
    /// Address and port of the other end. `None` without a connection.
    pub peer: Option<String>,
    /// Its state as netstat writes it: `ESTABLISHED`.
    pub state: String,
    /// Bytes that have arrived and were not read.
    pub unread: u64,
    /// Bytes that were written and that the other end has not acknowledged.
    pub unsent: u64,
}

/// Who has the ends of a pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipeEnds {
    /// Pids of the processes that can read from it.
    pub readers: Vec<u32>,
    /// Pids of the processes that can write to it.
    pub writers: Vec<u32>,
    /// Whether these are all: the descriptors of all processes could be read.
    pub complete: bool,
}

/// Who has the other end of a socket, pipe or pseudo-terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherEnd {
    /// The descriptors of this process that are the other end. While a connection was not
    /// accepted, those that listen for it.
    pub fds: Vec<i64>,
    /// The other processes that have it.
    pub processes: Vec<EndOwner>,
    /// Whether somebody has accepted the connection; true for what needs no accepting.
    pub accepted: bool,
    /// Whether these are all: the descriptors of all processes could be read.
    pub complete: bool,
    /// Whether it is no end, but the lock on a file.
    pub is_lock: bool,
    /// Whether it is no end, but a semaphore that these processes have, too.
    #[serde(default)]
    pub is_semaphore: bool,
    /// Whether this process handles signals, other than that of the keyboard and those of
    /// faults. They may come at any time.
    pub handles_signals: bool,
}

impl OtherEnd {
    /// Whether this process alone has the other end.
    pub fn is_own(&self) -> bool {
        self.complete && self.processes.is_empty() && !self.fds.is_empty()
    }
}

/// A process that has an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndOwner {
    /// Its process id.
    pub pid: u32,
    /// Its name, cut after 15 bytes by the kernel.
    pub name: String,
}

/// What the kernel knows of the path of a TCP connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TcpPath {
    /// Bytes that have arrived and were not read.
    pub unread: u64,
    /// Bytes that were written and that the other end has not acknowledged.
    pub unacknowledged: u64,
    /// How often the oldest of these was sent again without an answer.
    pub sent_again: u32,
    /// Seconds since data came from the other end, or since the connection was made.
    pub since_data_s: f64,
    /// Seconds since the other end acknowledged anything.
    pub since_answer_s: f64,
    /// Bytes that the other end has room for. `None` if the kernel does not say.
    pub window: Option<u32>,
}

/// Where a holder took the resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquisition {
    /// The holder.
    pub by: ItemId,
    /// Name of the function that took it.
    pub function: ArcStr,
    /// Path of its source file. `None` if it is not known.
    pub file: Option<ArcStr>,
    /// Line in that file, from 1. `None` if it is not known.
    pub line: Option<u32>,
}

/// The type of locks that a thread may take again while it has them (Modules/_threadmodule.c).
const REENTRANT: &str = "RLock";

impl Resource {
    /// Whether it is the lock of the interpreter.
    pub fn is_gil(&self) -> bool {
        &*self.type_name == Self::GIL
    }

    /// Whether it is no object of Python: a mutex of C code, or the lock of the interpreter.
    pub fn is_native(&self) -> bool {
        self.is_gil() || &*self.type_name == Self::MUTEX
    }

    /// Whether it is a lock of threads that its owner may take again, and only its owner may
    /// give back.
    pub fn is_reentrant(&self) -> bool {
        self.kind == ResourceKind::ThreadLock && self.type_name.ends_with(REENTRANT)
    }

    /// Whether it is a lock that somebody is known to have.
    pub fn is_held(&self) -> bool {
        self.kind.is_lock() && !self.holders.is_empty()
    }

    /// The type of a mutex of C code.
    pub const MUTEX: &str = "pthread_mutex_t";
    /// The type and the name of the lock of the interpreter.
    pub const GIL: &str = "GIL";

    /// A resource of this kind, id and type, with nothing else known.
    pub fn new(kind: ResourceKind, id: ItemId, type_name: ArcStr) -> Self {
        Self {
            id,
            kind,
            type_name,
            name: None,
            summary: String::new(),
            holders: Vec::new(),
            taken_at: Vec::new(),
            waiters: Vec::new(),
            locked: None,
            set: None,
            value: None,
            limit: None,
            used: None,
            size: None,
            unfinished: None,
            buffered: None,
            closed: None,
            socket: None,
            pipe: None,
            ends: None,
            tcp: None,
            error: None,
        }
    }
}

/// Something whose variables lead to a resource: a task (a failed one through its
/// traceback), a coroutine, a thread, a loop (through a timer, a ready callback, a
/// signal handler or a watched file), or a module, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Referrer {
    /// Something with an id.
    Item(ItemId),
    /// A module, through one of its globals.
    Module(ArcStr),
}

/// Prefix of the id of a module in the JSON.
const MODULE_PREFIX: &str = "module:";

impl Referrer {
    /// Id of the referrer; `None` if it is a module.
    pub fn item(&self) -> Option<ItemId> {
        match self {
            Self::Item(id) => Some(*id),
            Self::Module(_) => None,
        }
    }
}

impl fmt::Display for Referrer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(id) => id.fmt(f),
            Self::Module(name) => write!(f, "{MODULE_PREFIX}{name}"),
        }
    }
}

impl FromStr for Referrer {
    type Err = UnknownText;

    fn from_str(text: &str) -> Result<Self, UnknownText> {
        match text.strip_prefix(MODULE_PREFIX) {
            Some(name) => Ok(Self::Module(name.into())),
            None => text.parse().map(Self::Item),
        }
    }
}

impl Serialize for Referrer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Referrer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// A reference to an awaited resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Who refers to the resource.
    pub from: Referrer,
    /// The resource.
    pub to: ItemId,
    /// Path of attributes from the referrer to the resource: `self.loaded`.
    pub path: ArcStr,
    /// Seconds until the timer that refers to the resource is due, negative if it is
    /// overdue. `None` unless the reference goes through a timer of a loop.
    pub due_s: Option<f64>,
    /// Why the reference is uncertain. `None` if it is not.
    pub error: Option<ArcStr>,
    /// Other paths from the referrer to the resource. For the diagnosis only.
    #[serde(skip)]
    pub aliases: Vec<ArcStr>,
    /// The callables through which a variable of the referrer leads to the resource: to call
    /// one may use it. `None` where none does.
    #[serde(skip)]
    pub through: Option<Callables>,
    /// Files of functions of libraries on the stack of the referrer that have the object in a
    /// variable, or in an attribute of one. For the diagnosis only.
    #[serde(skip)]
    pub in_libraries: Vec<ArcStr>,
    /// The `with` block of the referrer whose manager leads to the resource by the fewest
    /// steps. `None` where none does.
    #[serde(skip)]
    pub entered: Option<EnteredBlock>,
}

/// A `with` block whose manager leads to a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct EnteredBlock {
    /// Who entered it, and where.
    pub at: Acquisition,
    /// The way from the manager to the resource, as source code would write it.
    pub path: ArcStr,
    /// Number of steps of this way.
    pub steps: u8,
}

/// Callables on the way to a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Callables {
    /// Name of the variable at which the way begins.
    pub variable: ArcStr,
    /// The way from the variable to the resource, as source code would write it.
    pub path: ArcStr,
    /// The callables, outermost first.
    pub called: Vec<Called>,
    /// The source file of the class of what is in the variable, where a library has it: methods of
    /// that class may call the callables.
    pub class_file: Option<ArcStr>,
}

/// A callable on the way to a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Called {
    /// A function or method of the program.
    Own {
        /// Its qualified name.
        name: ArcStr,
        /// Path of its source file.
        file: ArcStr,
        /// First line of its code. `None` if it is not known.
        line: Option<u32>,
        /// Whether it is the rest of a generator, which whoever has it lets go on.
        is_generator: bool,
    },
    /// A function or method of a library, by its name.
    Library(ArcStr),
    /// What it runs is not known.
    Unknown,
}

/// What a variable has that can be called, in all frames of one function.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableCall {
    /// Path of the source file of the function.
    pub file: ArcStr,
    /// Name of the function.
    pub function: ArcStr,
    /// First line of its code.
    pub line: u32,
    /// The variable, or `self.` and an attribute.
    pub path: String,
    /// What a call of it runs: one of these.
    pub called: Vec<Called>,
}

/// Code that whoever has entered a context manager, or iterates over a generator, will run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PendingCode {
    /// Name of the function.
    pub function: ArcStr,
    /// Path of its source file.
    pub file: ArcStr,
    /// Line at which a generator stands; else the first line of the function.
    pub line: u32,
    /// Whether it is a generator that has begun.
    pub has_begun: bool,
}

/// A function of the program that something outside of its own stacks will call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Callback {
    /// Its qualified name.
    pub name: ArcStr,
    /// Path of its source file. `None` if it is not known.
    pub file: Option<ArcStr>,
    /// First line of its code. `None` if it is not known.
    pub line: Option<u32>,
    /// What calls it.
    pub by: CallbackKind,
    /// Seconds until its timer is due, negative if it is overdue. `None` for others.
    pub due_s: Option<f64>,
}

/// What calls a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallbackKind {
    /// The next iteration of the loop.
    Ready,
    /// A timer of the loop.
    Timer,
    /// A signal.
    Signal,
    /// A watched file.
    File,
    /// The end of a task.
    Done,
    /// A function of a library that a thread is in.
    Thread,
}

/// A module of the program's own code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserModule {
    /// Its name in `sys.modules`.
    pub name: ArcStr,
    /// Path of its source file.
    pub file: ArcStr,
    /// Names of its globals that are context variables all of whose values were found.
    #[serde(skip)]
    pub context_variables: Vec<ArcStr>,
    /// Names of its functions whose results are kept, and were found (functools.lru_cache).
    #[serde(skip)]
    pub cached_functions: Vec<ArcStr>,
}

/// Maximum number of [`Reference::aliases`] from one task or thread to one resource.
pub const MAX_ALIASES: usize = 4;

/// The end of the path to a value of a context variable: `REQUEST.get()`.
pub const CONTEXT_VALUE: &str = ".get()";

/// `from` cannot go on before `to` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The item that waits, or the resource that is held.
    pub from: ItemId,
    /// The item that has to go on first.
    pub to: ItemId,
    /// Why.
    pub via: EdgeKind,
}
