//! Ids of everything that a snapshot shows.

use std::fmt;
use std::str::FromStr;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind::ResourceKind;
use super::text_enum::{UnknownText, from_text};

/// The thing that an id denotes. The id is stable for as long as the thing lives.
///
/// The JSON has it as text: `task:0x7f…`, `thread:4242`, `lock:0x7f…`, `socket:fd-7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemId {
    /// A task, by the address of its object.
    Task(u64),
    /// A thread, by its kernel id (`gettid`).
    Thread(u64),
    /// An event loop, by the address of its object.
    Loop(u64),
    /// A coroutine or asynchronous generator that no task runs, by its address.
    Coroutine(u64),
    /// A process, by its pid.
    Process(u32),
    /// A lock, queue or the like, by the address of its object.
    Resource(ResourceKind, u64),
    /// A pipe, socket or other file of the kernel, by its descriptor in the process.
    File(ResourceKind, i64),
}

impl ItemId {
    /// Address of the task; `None` for any other thing.
    pub const fn task(self) -> Option<u64> {
        match self {
            Self::Task(addr) => Some(addr),
            _ => None,
        }
    }

    /// Address of the event loop; `None` for any other thing.
    pub const fn event_loop(self) -> Option<u64> {
        match self {
            Self::Loop(addr) => Some(addr),
            _ => None,
        }
    }

    /// Pid of the process; `None` for any other thing.
    pub const fn process(self) -> Option<u32> {
        match self {
            Self::Process(pid) => Some(pid),
            _ => None,
        }
    }

    /// Kind of the resource or file; `None` for any other thing.
    pub const fn resource_kind(self) -> Option<ResourceKind> {
        match self {
            Self::Resource(kind, _) | Self::File(kind, _) => Some(kind),
            _ => None,
        }
    }

    /// Descriptor of the file; `None` for any other thing.
    pub const fn descriptor(self) -> Option<i64> {
        match self {
            Self::File(_, fd) => Some(fd),
            _ => None,
        }
    }

    /// Whether the thing runs code: a task, a thread, or a coroutine without a task.
    pub const fn is_actor(self) -> bool {
        match self {
            Self::Task(_) | Self::Thread(_) | Self::Coroutine(_) => true,
            Self::Loop(_) | Self::Process(_) | Self::Resource(..) | Self::File(..) => false,
        }
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(addr) => write!(f, "task:0x{addr:x}"),
            Self::Thread(native_id) => write!(f, "thread:{native_id}"),
            Self::Loop(addr) => write!(f, "loop:0x{addr:x}"),
            Self::Coroutine(addr) => write!(f, "coroutine:0x{addr:x}"),
            Self::Process(pid) => write!(f, "process:{pid}"),
            Self::Resource(kind, addr) => write!(f, "{kind}:0x{addr:x}"),
            Self::File(kind, fd) => write!(f, "{kind}:fd-{fd}"),
        }
    }
}

impl FromStr for ItemId {
    type Err = UnknownText;

    fn from_str(text: &str) -> Result<Self, UnknownText> {
        let (kind, rest) = text.split_once(':').ok_or(UnknownText)?;
        let addr = || {
            let digits = rest.strip_prefix("0x").ok_or(UnknownText)?;
            u64::from_str_radix(digits, 16).map_err(|_| UnknownText)
        };
        Ok(match kind {
            "task" => Self::Task(addr()?),
            "thread" => Self::Thread(rest.parse().map_err(|_| UnknownText)?),
            "loop" => Self::Loop(addr()?),
            "coroutine" => Self::Coroutine(addr()?),
            "process" => Self::Process(rest.parse().map_err(|_| UnknownText)?),
            _ => {
                let kind = kind.parse()?;
                match rest.strip_prefix("fd-") {
                    Some(fd) => Self::File(kind, fd.parse().map_err(|_| UnknownText)?),
                    None => Self::Resource(kind, addr()?),
                }
            }
        })
    }
}

impl Serialize for ItemId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ItemId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// A set of ids that keeps the order of insertion.
pub type IdSet = IndexSet<ItemId, FxBuildHasher>;

/// A map by ids that keeps the order of insertion.
pub type IdMap<V> = IndexMap<ItemId, V, FxBuildHasher>;

/// Ids of invented items in tests, from a name: `task:a`, `lock:Cache.lock`.
#[cfg(test)]
impl From<&str> for ItemId {
    fn from(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| {
            let (kind, name) = text.split_once(':').unwrap();
            // FNV-1a.
            let addr = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            }) >> 16;
            match kind {
                "task" => Self::Task(addr),
                "thread" => Self::Thread(addr),
                "loop" => Self::Loop(addr),
                "coroutine" => Self::Coroutine(addr),
                "process" => Self::Process(addr as u32),
                kind => Self::Resource(kind.parse().unwrap(), addr),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ItemId;
    use crate::model::ResourceKind;

    #[test]
    fn an_id_is_read_back_from_its_text() {
        let ids = [
            (ItemId::Task(0x7f10), "task:0x7f10"),
            (ItemId::Thread(4242), "thread:4242"),
            (ItemId::Loop(0x10), "loop:0x10"),
            (ItemId::Coroutine(0x20), "coroutine:0x20"),
            (ItemId::Process(17), "process:17"),
            (
                ItemId::Resource(ResourceKind::ThreadLock, 0xabc),
                "thread-lock:0xabc",
            ),
            (ItemId::File(ResourceKind::Socket, 7), "socket:fd-7"),
        ];
        for (id, text) in ids {
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse(), Ok(id));
        }
        for text in ["", "task", "task:17", "lock:", "socket:fd-x", "nothing:0x1"] {
            assert!(text.parse::<ItemId>().is_err(), "{text}");
        }
    }
}
