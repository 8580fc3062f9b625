//! `_thread.lock` and `_thread.RLock`: whether they are held, by which thread, and
//! which of them a thread waits for.

use crate::cpython::reader::Reader;

/// Names of the types of locks (Modules/_threadmodule.c).
const LOCK: &str = "_thread.lock";
const RLOCK: &str = "_thread.RLock";
/// Name of the type of simple queues (Modules/_queuemodule.c).
pub(crate) const SIMPLE_QUEUE: &str = "_queue.SimpleQueue";
/// Bit of a `PyMutex` that is set while it is held (Include/cpython/pylock.h, 3.13).
const MUTEX_LOCKED: u8 = 1;
/// Maximum number of objects in which a lock is searched.
const MAX_SEARCHED: usize = 4_096;
/// Maximum number of steps from a root to the lock.
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

    /// Address of the `PyMutex` of the lock at `addr`. `None` if it has none. 3.13
    /// changed the form between two micro versions; the size of the type tells which
    /// it is.
    fn mutex_address(&self, addr: u64) -> Option<u64> {
        if self.is_rlock(addr) {
            return Some(self.layout.rlock.mutex?.at(addr));
        }
        let layout = &self.layout.thread_lock;
        let mutex = layout.mutex?;
        if let Some(locked) = layout.locked {
            let size = self.type_of(addr).ok()?.basicsize;
            if size > i64::from(locked.bytes()) {
                return None;
            }
        }
        Some(mutex.at(addr))
    }

    /// Whether the lock at `addr` is held. `None` if that cannot be read.
    pub fn thread_lock_held(&self, addr: u64) -> Option<bool> {
        if self.is_rlock(addr) {
            return Some(self.rlock_owner(addr)? != 0);
        }
        if let Some(mutex) = self.mutex_address(addr) {
            return Some(self.u8(mutex).ok()? & MUTEX_LOCKED != 0);
        }
        let locked = self.layout.thread_lock.locked?;
        Some(self.u8(locked.at(addr)).ok()? != 0)
    }

    /// Ident of the thread that holds the `RLock` at `addr`. 0 while it is free;
    /// `None` if it is no `RLock` or cannot be read.
    pub fn rlock_owner(&self, addr: u64) -> Option<u64> {
        if !self.is_rlock(addr) {
            return None;
        }
        let layout = &self.layout.rlock;
        let owner = self.u64(layout.owner.at(addr)).ok()?;
        match layout.count {
            Some(count) if self.u64(count.at(addr)).ok()? == 0 => Some(0),
            _ => Some(owner),
        }
    }

    /// Address of the semaphore of the lock at `addr`. `None` after 3.13.0.
    fn semaphore(&self, addr: u64) -> Option<u64> {
        let offset = match self.is_rlock(addr) {
            true => self.layout.rlock.lock?,
            false => self.layout.thread_lock.lock?,
        };
        self.pointer(offset.at(addr), "semaphore").ok()?
    }

    /// The lock for which a thread sleeps on the futex at `futex`. `roots` are objects
    /// from which a few steps lead to it. `None` if no lock is found.
    pub fn lock_of_futex(&self, futex: u64, roots: &[u64]) -> Option<u64> {
        self.parked_lock(futex)
            .or_else(|| self.find_lock(futex, roots))
    }

    /// Whether the object at `addr` is a `queue.SimpleQueue`, and a thread in its `get()` sleeps
    /// on the futex at `futex`. Until 3.12 its first field is the lock that the thread waits
    /// for; later the thread is parked at the address of its first field
    /// (Modules/_queuemodule.c).
    pub fn simple_queue_sleeps_on(&self, addr: u64, futex: u64) -> bool {
        if !self.type_of(addr).is_ok_and(|ty| &*ty.name == SIMPLE_QUEUE) {
            return false;
        }
        let first = addr + u64::from(self.layout.object.size);
        let lock = self.pointer(first, "lock").ok().flatten();
        lock == Some(futex) || self.parked_at(futex) == Some(first)
    }

    /// The address at which the thread is parked whose semaphore is at `futex`; from 3.13.
    fn parked_at(&self, futex: u64) -> Option<u64> {
        let layout = &self.layout.wait_entry;
        let entry = futex.checked_sub(layout.sema?.into())?;
        self.pointer(layout.addr?.at(entry), "parked address")
            .ok()?
    }

    /// The lock whose waiter is parked with its semaphore at `futex`; from 3.13.
    fn parked_lock(&self, futex: u64) -> Option<u64> {
        let mutex = self.parked_at(futex)?;
        // In locks of both types the mutex directly follows the header.
        let lock = mutex.checked_sub(self.layout.object.size.into())?;
        (self.is_thread_lock(lock) && self.mutex_address(lock) == Some(mutex)).then_some(lock)
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
}
