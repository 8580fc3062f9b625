//! `_thread.lock` and `_thread.RLock`: whether they are held, by whom, and
//! which of them a thread sleeps for.

use std::rc::Rc;

use crate::cpython::objects::types::Kind;
use crate::cpython::reader::Reader;

/// Types of Modules/_threadmodule.c.
const LOCK: &str = "_thread.lock";
const RLOCK: &str = "_thread.RLock";
/// `PyMutex`: held (Include/cpython/pylock.h, 3.13).
const MUTEX_LOCKED: u8 = 1;
/// The semaphore of a parked thread lies behind the address of what it is
/// parked for (`struct wait_entry`, Python/parking_lot.c, 3.13).
const PARKED_ADDRESS: u64 = 8;
/// Objects that are searched for a lock.
const MAX_SEARCHED: usize = 4_096;
const MAX_DEPTH: usize = 3;

impl Reader<'_> {
    /// Whether the object at `addr` is a `_thread.lock` or `_thread.RLock`.
    pub fn is_thread_lock(&self, addr: u64) -> bool {
        self.type_of(addr)
            .is_ok_and(|ty| matches!(&*ty.name, LOCK | RLOCK))
    }

    fn is_rlock(&self, addr: u64) -> bool {
        self.type_of(addr).is_ok_and(|ty| &*ty.name == RLOCK)
    }

    /// Where the `PyMutex` of the lock at `addr` is. 3.13 changed the form
    /// between two micro versions: the size of the type tells which it is.
    fn mutex_at(&self, addr: u64) -> Option<u64> {
        if self.is_rlock(addr) {
            return Some(addr + u64::from(self.layout.rlock.mutex?));
        }
        let layout = &self.layout.thread_lock;
        if let Some(offset) = layout.mutex {
            return Some(addr + u64::from(offset));
        }
        let size = self.type_of(addr).ok()?.basicsize;
        let too_small = layout
            .locked
            .is_some_and(|locked| size <= i64::from(locked));
        too_small.then(|| addr + u64::from(self.layout.object.size))
    }

    /// Whether the lock at `addr` is held.
    pub fn thread_lock_held(&self, addr: u64) -> Option<bool> {
        if self.is_rlock(addr) {
            return Some(self.rlock_owner(addr)? != 0);
        }
        if let Some(mutex) = self.mutex_at(addr) {
            return Some(self.u8(mutex).ok()? & MUTEX_LOCKED != 0);
        }
        let locked = self.layout.thread_lock.locked?;
        Some(self.u8(addr + u64::from(locked)).ok()? != 0)
    }

    /// Ident of the thread that holds the `RLock` at `addr`; 0 while it is free.
    pub fn rlock_owner(&self, addr: u64) -> Option<u64> {
        if !self.is_rlock(addr) {
            return None;
        }
        let layout = &self.layout.rlock;
        let owner = self.u64(addr + u64::from(layout.owner)).ok()?;
        match layout.count {
            Some(count) if self.u64(addr + u64::from(count)).ok()? == 0 => Some(0),
            _ => Some(owner),
        }
    }

    /// Address of the semaphore of the lock at `addr`, to 3.13.0.
    fn semaphore(&self, addr: u64) -> Option<u64> {
        let offset = match self.is_rlock(addr) {
            true => self.layout.rlock.lock?,
            false => self.layout.thread_lock.lock?,
        };
        self.pointer(addr + u64::from(offset), "semaphore").ok()?
    }

    /// The lock for which a thread sleeps on the futex at `futex`; `roots` are
    /// objects from which it can be reached in a few steps.
    pub fn lock_of_futex(&self, futex: u64, roots: &[u64]) -> Option<u64> {
        self.parked_lock(futex)
            .or_else(|| self.find_lock(futex, roots))
    }

    fn parked_lock(&self, futex: u64) -> Option<u64> {
        let mutex = self
            .pointer(futex.checked_sub(PARKED_ADDRESS)?, "parked address")
            .ok()??;
        let header = u64::from(self.layout.object.size);
        let lock = mutex.checked_sub(header)?;
        (self.is_thread_lock(lock) && self.mutex_at(lock) == Some(mutex)).then_some(lock)
    }

    fn find_lock(&self, futex: u64, roots: &[u64]) -> Option<u64> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut level: Vec<u64> = roots.to_vec();
        for _ in 0..MAX_DEPTH {
            let mut next = Vec::new();
            for object in level {
                if seen.len() >= MAX_SEARCHED || !seen.insert(object) {
                    continue;
                }
                if self.is_thread_lock(object) {
                    if self.semaphore(object) == Some(futex) {
                        return Some(object);
                    }
                    continue;
                }
                next.extend(self.parts(object).into_iter().map(|(_, part)| part));
            }
            level = next;
        }
        None
    }

    /// The objects that the object at `addr` directly consists of, each with
    /// the step to it. Modules, types, numbers, text and
    /// what runs by itself (tasks, coroutines) have none.
    pub fn parts(&self, addr: u64) -> Vec<(Step, u64)> {
        let Ok(ty) = self.type_of(addr) else {
            return Vec::new();
        };
        let max = self.limits.value_items;
        let indexed = |items: crate::cpython::error::Result<(Vec<u64>, u64)>| {
            let items = items.map_or(Vec::new(), |(items, _)| items);
            let steps = items.into_iter().enumerate();
            steps
                .map(|(index, item)| (Step::Index(index), item))
                .collect()
        };
        match ty.kind {
            Kind::List => indexed(self.list_items(addr, max)),
            Kind::Tuple => indexed(self.tuple_items(addr, max)),
            Kind::Deque => indexed(self.deque_items(addr, max)),
            Kind::Set | Kind::FrozenSet => self
                .set_items(addr, max)
                .map_or(Vec::new(), |(items, _)| items)
                .into_iter()
                .map(|item| (Step::Member, item))
                .collect(),
            Kind::Dict => self
                .dict_items(addr, max)
                .map_or(Vec::new(), |(items, _)| items)
                .into_iter()
                .flat_map(|(key, value)| {
                    let step = match self.is_kind(key, Kind::Str) {
                        true => Step::Key(key),
                        false => Step::Entry,
                    };
                    [(Step::Member, key), (step, value)]
                })
                .filter(|(_, part)| !self.is_kind(*part, Kind::Str))
                .collect(),
            Kind::Method | Kind::Builtin | Kind::Partial | Kind::Function => self
                .bound_objects(addr)
                .into_iter()
                .map(|part| (Step::Bound, part))
                .collect(),
            Kind::Cell => self
                .cell_contents(addr)
                .ok()
                .flatten()
                .map(|part| (Step::Contents, part))
                .into_iter()
                .collect(),
            Kind::Other if ty.is_heap() => self
                .attributes(addr)
                .unwrap_or_default()
                .into_iter()
                .map(|(name, value)| (Step::Attribute(name), value))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// How people would write these steps.
    pub fn path<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> String {
        let text = |step: &Step| match step {
            Step::Index(index) => format!("[{index}]"),
            Step::Member => "{…}".to_owned(),
            Step::Key(key) => format!("[{}]", self.value(*key)),
            Step::Entry => "[…]".to_owned(),
            Step::Bound => "()".to_owned(),
            Step::Contents => String::new(),
            Step::Attribute(name) => format!(".{name}"),
        };
        steps.into_iter().map(text).collect()
    }
}

/// A step from an object to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Index(usize),
    /// Of a set, or the key of a dict.
    Member,
    /// The value of a dict under the text at this address, which is not read
    /// before somebody wants to see it.
    Key(u64),
    /// The value of a dict under a key that is no text.
    Entry,
    /// What a callable is bound to.
    Bound,
    /// Of a cell.
    Contents,
    Attribute(Rc<str>),
}
