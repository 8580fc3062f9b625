//! Who waits for what: waits, resources, edges, and who else could matter.

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
    pub kind: GuardKind,
    /// Negative: overdue, its loop did not turn.
    pub remaining_s: f64,
}

/// What the innermost frame of a task, or of a thread, waits for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Wait {
    pub kind: WaitKind,
    /// Full name of the type of the object waited for.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    pub summary: ArcStr,
    pub resource: Option<ItemId>,
    pub holders: Vec<ItemId>,
    pub waiters_ahead: Option<u64>,
    pub remaining_s: Option<f64>,
    pub peer: Option<ArcStr>,
    /// Of those that are waited for together (`gather`), how many are done.
    pub done: Option<u64>,
    /// How many are waited for together.
    pub total: Option<u64>,
}

/// A lock, queue, pool or the like that tasks or threads wait for, or hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `<kind>:0x<address>`, or `<kind>:<name>` for what the kernel keeps.
    pub id: ItemId,
    pub kind: ResourceKind,
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    /// As people would write it: `Account.lock`; `None` where nothing names it.
    pub name: Option<String>,
    pub summary: String,
    pub holders: Vec<ItemId>,
    /// Where each known holder took it.
    pub taken_at: Vec<Taken>,
    /// In the order in which they will get it, where it keeps one.
    pub waiters: Vec<ItemId>,
    pub locked: Option<bool>,
    /// Whether an event is set.
    pub set: Option<bool>,
    /// Permits or tokens left.
    pub value: Option<i64>,
    /// Most that it can give out or hold: workers, connections, items.
    pub limit: Option<i64>,
    /// Of those, how many are given out.
    pub used: Option<i64>,
    /// Items in it, or jobs that are queued.
    pub size: Option<u64>,
    /// Items taken out or still in, for which `task_done()` is outstanding.
    pub unfinished: Option<u64>,
    /// Unread bytes in our buffer (streams, sockets).
    pub buffered: Option<u64>,
    pub closed: Option<bool>,
    /// What could not be read of it.
    pub error: Option<String>,
}

/// Where a holder took what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub by: ItemId,
    pub function: ArcStr,
    pub file: Option<ArcStr>,
    pub line: Option<u32>,
}

impl Resource {
    /// A resource of which only kind, id and type are known.
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
            error: None,
        }
    }
}

/// Who refers to something: a task (a finished one through its traceback), a
/// coroutine, a thread, a loop (through a timer, signal handler or reader), or a
/// module by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Referrer {
    /// Something with an id.
    Item(ItemId),
    /// A module, through one of its globals.
    Module(ArcStr),
}

/// What the id of a module begins with in the JSON.
const MODULE_PREFIX: &str = "module:";

impl Referrer {
    /// Its id, unless it is a module.
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

/// Somebody who refers to a resource that is waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    pub from: Referrer,
    /// The resource.
    pub to: ItemId,
    /// The way from the one to the other: `self.loaded`.
    pub path: ArcStr,
    /// Seconds until the timer of a loop that refers to it is due.
    pub due_s: Option<f64>,
    /// Why it may not be so.
    pub error: Option<ArcStr>,
}

/// A process that this one started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildProcess {
    /// `process:<pid>`.
    pub id: ItemId,
    pub pid: u32,
    pub command: Vec<String>,
    /// The kernel's letter: `R`, `S`, `D`, `T`, `Z`.
    pub state: String,
    /// Name of the system call it is blocked in.
    pub syscall: Option<String>,
    /// The descriptor that this call is about.
    pub fd: Option<i64>,
    /// Who has the other end of that pipe or socket, ids.
    pub peers: Vec<ItemId>,
    pub is_python: bool,
}

/// `from` cannot go on before `to` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    pub from: ItemId,
    pub to: ItemId,
    pub via: EdgeKind,
}
