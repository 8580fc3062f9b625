//! Threads that wait for a result, or for the end of another thread.

use arcstr::literal;

use super::thread::ExplainThread;
use crate::asyncio::FutureState;
use crate::model::{EdgeKind, ItemId, ResourceKind, Wait};

impl ExplainThread<'_, '_, '_> {
    /// Explains the wait for the result of a future of `concurrent.futures`.
    pub(super) fn future(&mut self, ids: &[ItemId], future: u64, wait: &mut Wait) {
        let reader = self.inputs.reader;
        let mut targets: Vec<ItemId> = self.completing.get(&future).cloned().unwrap_or_default();
        let running = self.jobs.running.get(&future);
        targets.extend(running.and_then(|index| self.thread_ids.get(*index)));
        targets.extend(self.queued.get(&future).copied());
        if let Some(queued) = self.jobs.queued.get(&future) {
            targets.push(self.registry.resources[queued.pool].id);
            wait.waiters_ahead = Some(queued.position);
        }
        if let Some(index) = self.jobs.in_processes.get(&future) {
            targets.push(self.registry.resources[*index].id);
        }
        wait.summary = literal!("result of a future");
        if targets.is_empty() {
            let index = self.registry.object(ResourceKind::ConcurrentFuture, future);
            for id in ids {
                self.registry.wait(*id, index, EdgeKind::Future);
            }
            wait.resource = Some(self.registry.resources[index].id);
            let pending = matches!(reader.future_state(future), Ok(FutureState::Pending));
            if !pending {
                wait.summary = literal!("result of a future that is done");
            }
        }
        for target in &targets {
            for id in ids {
                self.registry.edge(*id, *target, EdgeKind::Future);
            }
            // A job waits for its own result: no edge leads from an item to itself.
            if ids.contains(target) {
                let index = self.registry.object(ResourceKind::ConcurrentFuture, future);
                self.registry.wait(*target, index, EdgeKind::Future);
                self.registry.hold(index, *target, EdgeKind::Holds);
                wait.resource = Some(self.registry.resources[index].id);
            }
        }
        wait.holders = targets;
    }

    /// Explains the wait for the end of a thread.
    pub(super) fn join(&mut self, ids: &[ItemId], thread: u64, wait: &mut Wait) {
        let reader = self.inputs.reader;
        let name_object = reader.attribute_object(thread, "_name").ok().flatten();
        let name = name_object.and_then(|object| reader.text(object).ok());
        wait.summary = format!("end of thread {}", name.as_deref().unwrap_or("?")).into();
        let ident_object = reader.attribute_object(thread, "_ident").ok().flatten();
        let ident = ident_object.and_then(|object| reader.int(object).ok()?.to_u64());
        if let Some(other) = ident.and_then(|ident| self.by_ident.get(&ident)).copied() {
            for id in ids {
                self.registry.edge(*id, other, EdgeKind::Join);
            }
            wait.holders.push(other);
        }
    }
}
