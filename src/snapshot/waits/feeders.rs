//! Threads that write what was put into queues of multiprocessing into their pipes
//! (Lib/multiprocessing/queues.py, 3.7 to 3.15).

use super::registry::Registry;
use crate::cpython::{RawFrame, Reader};
use crate::model::{ItemId, ResourceKind};
use crate::snapshot::threads::BuiltThread;

/// The module and the function of such a thread, its variable and the attribute of the queue with
/// what was put and not written yet.
const MODULE: &str = "multiprocessing.queues";
const FUNCTION: &str = "_feed";
const BUFFER: (&str, &str) = ("buffer", "_buffer");
/// The module in whose functions it waits until something is put.
const WAITS_IN: &str = "threading";

/// Adds the threads that have something to write into awaited queues.
pub(super) fn explain(registry: &mut Registry<'_, '_>, threads: &[BuiltThread]) {
    let reader = registry.reader;
    for index in 0..registry.resources.len() {
        let resource = &registry.resources[index];
        let (ResourceKind::ProcessQueue, Some(queue)) = (resource.kind, registry.subjects[index])
        else {
            continue;
        };
        let Ok(Some(buffer)) = reader.attribute_object(queue, BUFFER.1) else {
            continue;
        };
        let id = resource.id;
        let feeds = threads.iter().filter(|built| feeds(reader, built, buffer));
        let feeders: Vec<ItemId> = feeds.map(|built| built.thread.id).collect();
        for feeder in feeders {
            registry.edge(id, feeder, ResourceKind::ProcessQueue.edge());
        }
    }
}

/// Whether the thread writes what is in `buffer`, and does not wait until something is.
fn feeds(reader: &Reader<'_>, built: &BuiltThread, buffer: u64) -> bool {
    let module = |frame: &RawFrame| reader.frame_module(frame);
    let mut frames = built.stack.frames.iter();
    let inner = frames.next().and_then(module);
    let mut all = built.stack.frames.iter();
    let own = all.find(|it| &*it.at.code.name == FUNCTION && module(it).as_deref() == Some(MODULE));
    let own = own.and_then(|frame| reader.frame_variable(frame, BUFFER.0).ok().flatten());
    own == Some(buffer) && inner.as_deref() != Some(WAITS_IN)
}
