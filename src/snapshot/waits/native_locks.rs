//! Locks that are no objects of Python: mutexes of C code, and the GIL.

use super::registry::Registry;
use super::thread::{ExplainThread, actors};
use crate::cpython::Reader;
use crate::model::{EdgeKind, ItemId, Resource, ResourceKind, ThreadState, Wait, WaitKind};
use crate::snapshot::kernel_threads::effective_call;
use crate::snapshot::threads::BuiltThread;

// The fields of a mutex of glibc for x86-64 in front of its list, each an `int`, in bytes from the
// word on which threads sleep (`struct __pthread_mutex_s` in bits/struct_mutex.h of 2.36; static
// initializers of programs fix the place of the kind, and so of what is in front of it).
const OWNER: u64 = 8;
const USERS: u64 = 12;
const KIND: u64 = 16;
/// The largest kind of a mutex that belongs to one process, and tells its owner: normal,
/// recursive, error checking, adaptive.
const LAST_PLAIN_KIND: i32 = 3;
/// What the word is while somebody sleeps on it.
const LOCKED_WITH_WAITERS: u64 = 2;

impl ExplainThread<'_, '_, '_> {
    /// Explains the wait of a thread in C code for a mutex whose owner is another thread.
    pub(super) fn native_mutex(&mut self, built: &BuiltThread, futex: u64) -> Option<Wait> {
        let kernel = self.inputs.kernel.by_thread(built.thread.native_id)?;
        let expected = effective_call(kernel)?.args[2];
        let owner = owner_of_mutex(self.inputs.reader, futex, expected)?;
        let mut threads = self.thread_ids.iter().copied();
        let owner = threads.find(|id| *id == ItemId::Thread(owner))?;
        if owner == built.thread.id {
            return None;
        }
        let index = native_lock(self.registry, futex, Resource::MUTEX);
        self.registry.hold(index, owner, EdgeKind::Holds);
        Some(wait_for(self.registry, index, &actors(built)))
    }

    /// Explains the waits for the GIL where its holder keeps it while it waits for something
    /// that is known. Else it gives it back soon.
    pub(super) fn gil(&mut self, threads: &mut [BuiltThread]) {
        let mut holders = threads.iter().map(|built| &built.thread).filter(|thread| {
            thread.holds_gil == Some(true)
                && thread.state == ThreadState::Blocked
                && thread.waits_for.is_some()
        });
        let (Some(holder), None) = (holders.next().map(|thread| thread.id), holders.next()) else {
            return;
        };
        let waiting = threads
            .iter_mut()
            .filter(|built| built.thread.state == ThreadState::WaitingGil);
        let mut waiting: Vec<&mut BuiltThread> = waiting.collect();
        let futexes = waiting.iter().filter_map(|built| {
            let kernel = self.inputs.kernel.by_thread(built.thread.native_id)?;
            Some(effective_call(kernel)?.args[0])
        });
        let Some(at) = futexes.min() else {
            return;
        };
        let index = native_lock(self.registry, at, Resource::GIL);
        self.registry.hold(index, holder, EdgeKind::Holds);
        for built in &mut waiting {
            let ids = actors(built);
            built.thread.waits_for = Some(wait_for(self.registry, index, &ids));
        }
    }
}

/// The thread that owns the mutex whose word is at `futex`, where a thread sleeps until the word
/// is no longer `expected`. `None` if it is no such mutex.
fn owner_of_mutex(reader: &Reader<'_>, futex: u64, expected: u64) -> Option<u64> {
    let field = |offset: u64| reader.i32(futex.checked_add(offset)?).ok();
    let word = field(0)?;
    let is_mutex = expected == LOCKED_WITH_WAITERS
        && u64::try_from(word) == Ok(expected)
        && field(USERS)? > 0
        && (0..=LAST_PLAIN_KIND).contains(&field(KIND)?);
    is_mutex.then(|| u64::try_from(field(OWNER)?).ok())?
}

/// Index of the lock of C code at `addr`. Adds it if it is new.
fn native_lock(registry: &mut Registry<'_, '_>, addr: u64, type_name: &'static str) -> usize {
    let kind = ResourceKind::ThreadLock;
    let id = ItemId::Resource(kind, addr);
    registry.index(id).unwrap_or_else(|| {
        let mut lock = Resource::new(kind, id, type_name.into());
        lock.locked = Some(true);
        lock.name = lock.is_gil().then(|| Resource::GIL.to_owned());
        registry.insert(lock, None)
    })
}

fn wait_for(registry: &mut Registry<'_, '_>, index: usize, ids: &[ItemId]) -> Wait {
    for id in ids {
        registry.wait(*id, index, EdgeKind::ThreadLock);
    }
    let resource = &registry.resources[index];
    Wait {
        kind: WaitKind::ThreadLock,
        type_name: resource.type_name.clone(),
        resource: Some(resource.id),
        ..Wait::default()
    }
}
