//! Other processes that wait for what is in this one.

use rustc_hash::FxHashSet;

use super::WaitInputs;
use super::registry::{Registry, Through};
use crate::model::{ItemId, Resting, RestingProcess};
use crate::process::{Descriptor, RestsOn, SharedPlace};

/// Asks what the processes rest in that may end a wait: those that share what is waited for,
/// those whose end is waited for, and the workers of pools. `main` is the main thread of this
/// process.
pub(super) fn find(
    inputs: &WaitInputs<'_, '_>,
    registry: &Registry<'_, '_>,
    workers: &[Worker],
    main: Option<ItemId>,
) -> Vec<RestingProcess> {
    let shared = registry.through.keys().filter_map(|index| {
        let resource = &registry.resources[*index];
        resource.ends.as_ref()
    });
    let shared = shared.flat_map(|end| end.processes.iter().map(|owner| owner.pid));
    let edges = registry.edges().filter(|edge| edge.from.is_actor());
    let awaited = edges.filter_map(|edge| edge.to.process());
    // A child may write into a pipe that is read here, or read from it.
    let mut through = registry.through.values();
    let has_pipes = through.any(|it| matches!(it, Through::Descriptor { .. }));
    let children = inputs.descriptors.children.iter();
    let children = children.filter(|_| has_pipes).map(|child| child.pid);
    let shared = shared.chain(children);
    let asked: FxHashSet<u32> = shared
        .chain(awaited)
        .chain(workers.iter().map(|it| it.pid))
        .collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let descriptors = inputs.descriptors;
    let mut asked: Vec<u32> = asked.into_iter().collect();
    asked.sort_unstable();
    descriptors.find_rest(asked);
    let resolve = Resolve {
        inputs,
        registry,
        workers,
        main,
    };
    let resting = descriptors.resting().into_iter();
    let resting = resting.map(|(pid, rest)| {
        let threads = rest.threads.into_iter().map(|thread| Resting {
            tid: thread.tid,
            on: thread.on.and_then(|on| resolve.item(pid, on)),
            waits_begun: thread.switches,
        });
        RestingProcess {
            id: ItemId::Process(pid),
            threads: threads.collect(),
            handles_signals: rest.handles_signals,
        }
    });
    resting.collect()
}

/// A worker process of a pool, and where it waits for a job.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    /// Its id.
    pub pid: u32,
    /// The pool.
    pub pool: ItemId,
    /// Descriptor of this process for the pipe with the jobs.
    pub jobs: i64,
    /// Address in this process of the semaphore that a worker takes before it reads a job.
    pub turn: Option<u64>,
}

struct Resolve<'a, 'r, 'm> {
    inputs: &'a WaitInputs<'r, 'm>,
    registry: &'a Registry<'r, 'm>,
    workers: &'a [Worker],
    main: Option<ItemId>,
}

impl Resolve<'_, '_, '_> {
    /// The item of the snapshot that process `pid` rests on.
    fn item(&self, pid: u32, on: RestsOn) -> Option<ItemId> {
        let descriptors = self.inputs.descriptors;
        let idle = self.workers.iter().find(|worker| {
            let turn = || worker.turn.and_then(|address| descriptors.sharers(address));
            worker.pid == pid
                && match on {
                    RestsOn::Read(pipe) => {
                        descriptors.get(worker.jobs) == Some(&Descriptor::Pipe(pipe))
                    }
                    RestsOn::Semaphore(place) => turn().is_some_and(|it| it.place == place),
                    RestsOn::Write(_) | RestsOn::Exit(_) => false,
                }
        });
        if let Some(worker) = idle {
            return Some(worker.pool);
        }
        match on {
            RestsOn::Semaphore(place) => self.resource(|it| self.is_at(it, place)),
            RestsOn::Read(pipe) => self.resource(|it| self.is_of(it, pipe, false)),
            RestsOn::Write(pipe) => self.resource(|it| self.is_of(it, pipe, true)),
            // This process ends when its main thread does.
            RestsOn::Exit(pid) if pid == self.inputs.pid => self.main,
            RestsOn::Exit(pid) => Some(ItemId::Process(pid)),
        }
    }

    /// The resource that is shared through what `is_it` is true of.
    fn resource(&self, is_it: impl Fn(Through) -> bool) -> Option<ItemId> {
        let mut through = self.registry.through.iter();
        let (index, _) = through.find(|(_, through)| is_it(**through))?;
        Some(self.registry.resources[*index].id)
    }

    fn is_at(&self, through: Through, place: SharedPlace) -> bool {
        let Through::Semaphore(address) = through else {
            return false;
        };
        let sharers = self.inputs.descriptors.sharers(address);
        sharers.is_some_and(|sharers| sharers.place == place)
    }

    fn is_of(&self, through: Through, pipe: u64, is_written: bool) -> bool {
        let Through::Descriptor { fd, writes } = through else {
            return false;
        };
        let target = self.inputs.descriptors.get(fd);
        writes == is_written && target == Some(&Descriptor::Pipe(pipe))
    }
}
