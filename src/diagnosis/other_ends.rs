//! Waits of a process for itself: who may use the other end of an awaited socket, pipe or
//! terminal that no other process has.
//!
//! Which code uses a descriptor is not found out: a library may do so deep inside of a call.
//! So everybody may who is not proved to be unable to. Such a wait is without an end only if
//! all of them wait behind it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::enders;
use super::facts::Facts;
use super::frames::is_idle_worker;
use crate::model::{Coroutine, IdSet, ItemId, OtherEnd, Resource};

/// Where more activities than this might use an end, it is not followed who does.
const MAX_USERS: usize = 1_000;

/// The other end of one awaited resource.
pub(super) struct OwnEnd {
    /// The resource.
    pub resource: ItemId,
    /// Who waits at the other end; the waiters themselves where nobody else may use it.
    pub waiting: Vec<ItemId>,
    /// Who else may use it.
    pub users: Vec<ItemId>,
}

/// The other ends that only this process has, where it is known who may use them.
pub(super) fn find(facts: &Facts<'_>) -> Vec<OwnEnd> {
    // Who was just woken still stands in the call, so that one sample is not enough.
    // What native threads do with descriptors is not known.
    if !facts.progress.known || facts.process.foreign_threads {
        return Vec::new();
    }
    let resources = facts.process.resources.iter();
    let own: Vec<(&Resource, &OtherEnd)> = resources
        .filter_map(|resource| Some((resource, resource.ends.as_ref()?)))
        .filter(|(resource, end)| {
            end.is_own()
                && !resource.kind.is_shared()
                && !end.handles_signals
                && waited_alone(facts, resource)
        })
        .collect();
    // The program may handle the signal of the keyboard, too.
    if own.is_empty() || enders::may_end_calls(facts) {
        return Vec::new();
    }
    let actors = actors(facts);
    let watchers = watchers(facts);
    let waiters = waiters(facts);
    let found = own.into_iter().filter_map(|(resource, end)| {
        let users = users(resource, end, &watchers, &actors)?;
        let there = (end.fds.iter()).flat_map(|fd| waiters.get(fd).copied().unwrap_or_default());
        let waiting: Vec<ItemId> = match users.is_empty() {
            true => resource.waiters.clone(),
            false => there.copied().collect(),
        };
        Some(OwnEnd {
            resource: resource.id,
            waiting,
            users,
        })
    });
    found.collect()
}

/// Whether each of its waiters waits for this resource alone, and not for one of several
/// descriptors: then the wait has the wording of the resource.
fn waited_alone(facts: &Facts<'_>, resource: &Resource) -> bool {
    let alone = |id: &ItemId| match facts.thread(*id) {
        Some(thread) => (thread.waits_for.as_ref())
            .is_some_and(|wait| wait.summary.as_str() == resource.summary),
        None => true,
    };
    !resource.waiters.is_empty() && resource.waiters.iter().all(alone)
}

/// Who may use the end. Where an event loop watches it, that loop does.
fn users(
    resource: &Resource,
    end: &OtherEnd,
    watchers: &FxHashMap<i64, Vec<ItemId>>,
    actors: &[ItemId],
) -> Option<Vec<ItemId>> {
    let waiters: IdSet = resource.waiters.iter().copied().collect();
    let watched = end.fds.iter().map(|fd| watchers.get(fd));
    let watched: Option<Vec<&Vec<ItemId>>> = watched.collect();
    let users: Vec<ItemId> = match watched {
        Some(loops) => loops.into_iter().flatten().copied().collect(),
        None => actors
            .iter()
            .copied()
            .filter(|id| !waiters.contains(id))
            .collect(),
    };
    (users.len() <= MAX_USERS).then_some(users)
}

/// All who may run code: threads, tasks, loops, and coroutines that a loop has.
pub(super) fn actors(facts: &Facts<'_>) -> Vec<ItemId> {
    let threads = facts.process.threads.iter();
    let threads = threads.filter(|thread| !is_idle_worker(thread));
    let loops = facts.process.loops.iter().map(|event_loop| event_loop.id);
    let tasks = facts.live_tasks().map(|task| task.id);
    let coroutines = facts.process.coroutines.iter();
    let queued = coroutines.filter(|coroutine: &&Coroutine| coroutine.event_loop.is_some());
    let all = threads.map(|thread| thread.id).chain(loops).chain(tasks);
    all.chain(queued.map(|coroutine| coroutine.id)).collect()
}

/// The loops that watch each descriptor.
fn watchers(facts: &Facts<'_>) -> FxHashMap<i64, Vec<ItemId>> {
    let mut watchers: FxHashMap<i64, Vec<ItemId>> = FxHashMap::default();
    for event_loop in &facts.process.loops {
        let fds: FxHashSet<i64> = event_loop.files.iter().map(|file| file.fd).collect();
        for fd in fds {
            watchers.entry(fd).or_default().push(event_loop.id);
        }
    }
    watchers
}

/// Who waits for each descriptor.
fn waiters<'a>(facts: &Facts<'a>) -> FxHashMap<i64, &'a [ItemId]> {
    let resources = facts.process.resources.iter();
    let known = resources.filter_map(|it| Some((it.id.descriptor()?, &*it.waiters)));
    known.collect()
}
