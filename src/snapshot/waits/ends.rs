//! The other ends of awaited descriptors.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::WaitInputs;
use super::registry::Registry;
use crate::model::{
    EdgeKind, EndOwner, IdSet, ItemId, OtherEnd, PipeEnds, Resource, TcpPath, WaitKind, describe,
};
use crate::process::Ends;
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
    resource.ends = ends.other.as_ref().map(|other| OtherEnd {
        fds: other.fds.clone(),
        processes: (other.owners.iter())
            .filter(|owner| owner.pid != own)
            .map(|owner| EndOwner {
                pid: owner.pid,
                name: owner.name.clone(),
            })
            .collect(),
        accepted: other.accepted,
        complete: other.complete,
        is_lock: other.is_lock,
        handles_signals: other.handles_signals,
    });
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

/// Adds edges to the process that alone has the other end, or the lock.
pub(super) fn add_edges(registry: &mut Registry<'_, '_>) {
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
