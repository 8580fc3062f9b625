//! The other ends of awaited descriptors.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::WaitInputs;
use super::registry::{Registry, Through};
use crate::model::{
    EdgeKind, EndOwner, IdSet, ItemId, OtherEnd, PipeEnds, Resource, TcpPath, WaitKind, describe,
};
use crate::process::{self, Ends, Owner};
use crate::snapshot::threads::BuiltThread;

/// Looks for the other ends of the descriptors among `resources` that somebody waits for.
pub(super) fn find(
    inputs: &WaitInputs<'_, '_>,
    resources: &mut [Resource],
    threads: &mut [BuiltThread],
) {
    let descriptors = inputs.descriptors;
    let awaited = resources.iter_mut().filter(|it| !it.waiters.is_empty());
    let awaited: Vec<(i64, &mut Resource)> = awaited
        .filter_map(|resource| Some((resource.id.descriptor()?, resource)))
        .collect();
    let waits = threads.iter().filter_map(|it| it.thread.waits_for.as_ref());
    let for_locks = waits.filter(|wait| wait.kind == WaitKind::FileLock);
    let locked: IdSet = for_locks.filter_map(|wait| wait.resource).collect();
    let (files, ends): (Vec<_>, Vec<_>) = (awaited.iter().map(|(fd, it)| (*fd, it.id)))
        .partition(|(_, resource)| locked.contains(resource));
    descriptors.find_locks(files.into_iter().map(|(fd, _)| fd));
    descriptors.find_ends(ends.into_iter().map(|(fd, _)| fd));
    let mut renamed: FxHashMap<ItemId, (String, ArcStr)> = FxHashMap::default();
    for (fd, resource) in awaited {
        if let Some(ends) = descriptors.ends(fd) {
            let before = resource.summary.clone();
            add(resource, &ends, inputs.pid);
            renamed.insert(resource.id, (before, resource.summary.as_str().into()));
        }
    }
    // Waits of threads have the wording of the descriptor already.
    let waits = threads.iter_mut();
    for wait in waits.filter_map(|built| built.thread.waits_for.as_mut()) {
        let resource = wait.resource.and_then(|id| renamed.get(&id));
        if let Some((_, after)) = resource.filter(|(before, _)| *wait.summary == **before) {
            wait.summary = after.clone();
        }
    }
}

/// Adds to a resource what was found out about the ends of its descriptor. `own` is the id of
/// the process.
fn add(resource: &mut Resource, ends: &Ends, own: u32) {
    resource.pipe = ends.pipe.as_ref().map(|pipe| PipeEnds {
        readers: pipe.readers.clone(),
        writers: pipe.writers.clone(),
        complete: pipe.complete,
    });
    resource.ends = (ends.other.as_ref()).map(|other| other_end(other, own));
    let seconds = |ms: u32| f64::from(ms) / 1e3;
    resource.tcp = ends.tcp.map(|tcp| TcpPath {
        unread: tcp.unread,
        unacknowledged: tcp.unacknowledged,
        sent_again: tcp.sent_again.into(),
        since_data_s: seconds(tcp.since_data_ms),
        since_answer_s: seconds(tcp.since_answer_ms),
        window: tcp.window,
    });
    if let Some(who) = describe::other_end_of(resource) {
        resource.summary = format!("{}, {who}", resource.summary);
    }
}

/// Looks for the processes that share what somebody waits for, and for what those rest in that
/// may end waits.
/// `also` are addresses of further semaphores.
pub(super) fn find_shared(
    inputs: &WaitInputs<'_, '_>,
    registry: &mut Registry<'_, '_>,
    also: impl Iterator<Item = u64>,
) {
    let descriptors = inputs.descriptors;
    // A lock that somebody has matters where a process is waited for, which may need it.
    let awaits_process = registry.edges().any(|edge| edge.to.process().is_some());
    let matters = |index: usize| {
        let resource = &registry.resources[index];
        let is_awaited = !resource.waiters.is_empty();
        resource.kind.is_shared() && (is_awaited || awaits_process)
    };
    let through = registry.through.iter().filter(|it| matters(*it.0));
    let mut through: Vec<(usize, Through)> = through.map(|it| (*it.0, *it.1)).collect();
    through.sort_unstable_by_key(|(index, _)| *index);
    let semaphores = through.iter().filter_map(|(_, through)| match through {
        Through::Semaphore(address) => Some(*address),
        Through::Descriptor { .. } => None,
    });
    descriptors.find_sharers(semaphores.chain(also));
    descriptors.find_ends(through.iter().filter_map(|(_, through)| match through {
        Through::Descriptor { fd, .. } => Some(*fd),
        Through::Semaphore(_) => None,
    }));
    for (index, through) in through {
        let resource = &mut registry.resources[index];
        match through {
            Through::Semaphore(address) => {
                let sharers = descriptors.sharers(address);
                resource.ends = sharers.map(|sharers| OtherEnd {
                    fds: Vec::new(),
                    processes: owners(&sharers.owners, inputs.pid),
                    accepted: true,
                    complete: sharers.complete,
                    is_lock: false,
                    is_semaphore: true,
                    handles_signals: sharers.handles_signals,
                });
            }
            Through::Descriptor { fd, .. } => {
                let ends = descriptors.ends(fd).and_then(|ends| ends.other);
                resource.ends = ends.map(|other| other_end(&other, inputs.pid));
            }
        }
    }
}

/// Other processes, without process `own`.
fn owners(owners: &[Owner], own: u32) -> Vec<EndOwner> {
    let others = owners.iter().filter(|owner| owner.pid != own);
    others
        .map(|owner| EndOwner {
            pid: owner.pid,
            name: owner.name.clone(),
        })
        .collect()
}

/// Who has the other end of a descriptor. `own` is the id of the process.
fn other_end(other: &process::OtherEnd, own: u32) -> OtherEnd {
    OtherEnd {
        fds: other.fds.clone(),
        processes: owners(&other.owners, own),
        accepted: other.accepted,
        complete: other.complete,
        is_lock: other.is_lock,
        is_semaphore: false,
        handles_signals: other.handles_signals,
    }
}

/// Adds edges to the processes that share a resource, and to the process that alone has the
/// other end, or the lock.
pub(super) fn add_edges(registry: &mut Registry<'_, '_>) {
    let shared = registry.resources.iter().filter(|it| it.kind.is_shared());
    let sharers: Vec<(ItemId, u32, EdgeKind)> = shared
        .flat_map(|resource| {
            let ends = resource.ends.iter().flat_map(|end| &end.processes);
            ends.map(|owner| (resource.id, owner.pid, resource.kind.edge()))
        })
        .collect();
    for (resource, pid, via) in sharers {
        registry.edge(resource, ItemId::Process(pid), via);
    }
    let only = |resource: &Resource| {
        let end = resource.ends.as_ref().filter(|end| end.complete)?;
        match (&end.fds[..], &end.processes[..]) {
            ([], [only]) => Some(ItemId::Process(only.pid)),
            _ => None,
        }
    };
    let resources = registry.resources.iter();
    let found = resources.filter_map(|it| Some((it.id, only(it)?, it.kind.edge())));
    let found: Vec<(ItemId, ItemId, EdgeKind)> = found.collect();
    for (resource, process, via) in found {
        registry.edge(resource, process, via);
    }
}
