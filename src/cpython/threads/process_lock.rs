//! Locks and semaphores of `multiprocessing`: their values, which thread of this process has
//! taken one, and for which a thread waits.

use crate::cpython::reader::Reader;

/// Name of the C type (Modules/_multiprocessing/semaphore.c).
const SEMLOCK: &str = "_multiprocessing.SemLock";
/// Base class of the classes around it, its attribute with the C object, and the classes that
/// are locks (Lib/multiprocessing/synchronize.py).
const WRAPPER: &str = "multiprocessing.synchronize.SemLock";
const INNER: &str = "_semlock";
const LOCKS: [&str; 2] = [
    "multiprocessing.synchronize.Lock",
    "multiprocessing.synchronize.RLock",
];
/// Offsets of fields of `SemLockObject` behind the header of the object
/// (Modules/_multiprocessing/semaphore.c, 3.7 to 3.15): a pointer, an `unsigned long` (since
/// 3.13 a `PyThread_ident_t`), and two of its `int`s.
mod field {
    pub(super) const HANDLE: u64 = 0;
    pub(super) const LAST_TID: u64 = 8;
    pub(super) const COUNT: u64 = 16;
    pub(super) const MAXVALUE: u64 = 20;
}
/// The bits of a `sem_t`'s first word with its value: glibc has it there (`struct new_sem` of
/// nptl/internaltypes.h on little-endian 64-bit machines), musl has a bit for waiters besides.
const VALUE: u32 = 0x7fff_ffff;
/// Maximum number of objects in which a semaphore is searched.
const MAX_SEARCHED: usize = 4_096;
/// Maximum number of steps from a root to the semaphore.
const MAX_DEPTH: usize = 3;

/// What a `SemLock` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemLock {
    /// Address of its `sem_t`. A thread that waits for it sleeps on the futex there.
    pub handle: u64,
    /// `pthread_self()` of the thread of this process that took it last.
    pub last_tid: u64,
    /// How often this process has taken it and not given it back.
    pub count: i32,
    /// Largest value.
    pub maxvalue: i32,
}

impl Reader<'_> {
    /// Address of the C object of a lock or semaphore of multiprocessing, of either class.
    /// `None` for other objects.
    pub fn semlock_object(&self, addr: u64) -> Option<u64> {
        let ty = self.type_of(addr).ok()?;
        if &*ty.name == SEMLOCK {
            return Some(addr);
        }
        match ty.is_heap() && self.is_instance(addr, WRAPPER) {
            true => self.attribute_object(addr, INNER).ok()?,
            false => None,
        }
    }

    /// What the lock or semaphore at `addr` holds. `None` for other objects.
    pub fn semlock(&self, addr: u64) -> Option<SemLock> {
        let object = self.semlock_object(addr)?;
        let base = object.checked_add(self.layout.object.size.into())?;
        let lock = SemLock {
            handle: self.u64(base + field::HANDLE).ok()?,
            last_tid: self.u64(base + field::LAST_TID).ok()?,
            count: self.i32(base + field::COUNT).ok()?,
            maxvalue: self.i32(base + field::MAXVALUE).ok()?,
        };
        (lock.handle != 0).then_some(lock)
    }

    /// Whether the object at `addr` is a `multiprocessing.Lock` or `RLock`.
    pub fn is_process_lock(&self, addr: u64) -> bool {
        LOCKS.iter().any(|class| self.is_instance(addr, class))
    }

    /// How often the lock or semaphore at `addr` can be taken now.
    pub fn semlock_value(&self, addr: u64) -> Option<u32> {
        let word = self.u32(self.semlock(addr)?.handle).ok()?;
        Some(word & VALUE)
    }

    /// The lock or semaphore for which a thread sleeps on the futex at `futex`: an object of
    /// the classes of multiprocessing if one leads to it, else the C object. `roots` are
    /// objects from which a few steps lead to it.
    pub fn semlock_of_futex(&self, futex: u64, roots: &[u64]) -> Option<u64> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut level: Vec<u64> = roots.to_vec();
        let mut bare = None;
        for _ in 0..MAX_DEPTH {
            let mut next = Vec::new();
            for object in level {
                if seen.len() >= MAX_SEARCHED || !seen.insert(object) {
                    continue;
                }
                if let Some(lock) = self.semlock(object) {
                    match (lock.handle == futex, self.semlock_object(object)) {
                        (true, Some(inner)) if inner != object => return Some(object),
                        (true, _) => bare = bare.or(Some(object)),
                        (false, _) => {}
                    }
                    continue;
                }
                next.extend(self.parts(object).into_iter().map(|(_, part)| part));
            }
            level = next;
        }
        bare
    }
}
