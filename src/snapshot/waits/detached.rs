//! Coroutines and asynchronous generators that no task runs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::frame_owners::DetachedFrames;
use crate::asyncio::LoopHandles;
use crate::cpython::{GeneratorStage, Kind, Reader};
use crate::model::{Coroutine, CoroutineState, ItemId};
use crate::snapshot::frames::Frames;
use crate::snapshot::in_use::InUse;

/// Maximum number of coroutines without a task in a snapshot.
const MAX_SHOWN: usize = 1_000;

/// A coroutine that no task runs.
pub struct DetachedCoroutine {
    /// Address of its object.
    pub addr: u64,
    /// The coroutine.
    pub coroutine: Coroutine,
}

/// A coroutine whose first step is in the ready queue of a loop.
#[derive(Debug)]
pub struct QueuedCoroutine {
    /// Id of the loop.
    pub event_loop: ItemId,
    /// Addresses of the futures of `concurrent.futures` that it will complete. Threads may
    /// wait for them.
    pub futures: Vec<u64>,
}

/// The coroutines whose first step is in a ready queue, by address.
pub fn queued(
    reader: &Reader<'_>,
    handles: &[(u64, LoopHandles)],
) -> FxHashMap<u64, QueuedCoroutine> {
    let mut queued = FxHashMap::default();
    for (addr, handles) in handles {
        let loop_id = ItemId::Loop(*addr);
        for handle in &handles.ready {
            let bound = reader.bound_objects(handle.callback);
            let objects: Vec<u64> = handle.arguments.iter().chain(&bound).copied().collect();
            let coroutines = objects
                .iter()
                .filter(|object| reader.is_kind(**object, Kind::Coroutine));
            for coroutine in coroutines {
                let futures = objects
                    .iter()
                    .copied()
                    .filter(|object| reader.is_concurrent_future(*object));
                queued.insert(
                    *coroutine,
                    QueuedCoroutine {
                        event_loop: loop_id,
                        futures: futures.collect(),
                    },
                );
            }
        }
    }
    queued
}

/// The coroutines among `candidates` that no task runs, with their frames.
///
/// `in_use` has the generators in await chains of tasks and in context managers.
pub fn coroutines(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    candidates: impl Iterator<Item = u64>,
    in_use: &InUse<'_>,
    queued: &FxHashMap<u64, QueuedCoroutine>,
) -> (Vec<DetachedCoroutine>, Vec<DetachedFrames>) {
    let mut visited = FxHashSet::default();
    let addrs: Vec<u64> = candidates
        .filter(|addr| !in_use.contains(*addr) && visited.insert(*addr))
        .filter(|addr| reader.is_idle_generator(*addr))
        .take(MAX_SHOWN)
        .collect();
    let chains = reader.chains(&addrs.iter().copied().map(Some).collect::<Vec<_>>());
    let inner: FxHashSet<u64> = chains
        .iter()
        .flat_map(|chain| (1..chain.frames.len()).filter_map(|at| chain.frames.generator(at)))
        .collect();
    let outermost = addrs.into_iter().zip(chains);
    outermost
        .filter(|(addr, _)| !inner.contains(addr))
        .filter_map(|(addr, chain)| {
            let state = match (reader.type_of(addr).ok()?.exact, chain.stage?) {
                (Kind::AsyncGenerator, _) => CoroutineState::AsyncGenerator,
                (_, GeneratorStage::Created) => CoroutineState::Created,
                _ => CoroutineState::Suspended,
            };
            let shown = frames.chain(&chain.frames);
            let coroutine = Coroutine {
                id: ItemId::Coroutine(addr),
                qualname: reader.generator_qualname(addr).ok()?.to_string(),
                state,
                frames: shown.to_vec(),
                referenced_by: None,
                referenced_as: None,
                kept_by: Vec::new(),
                is_of_callable: false,
                event_loop: queued.get(&addr).map(|queued| queued.event_loop),
                error: None,
            };
            let frames = DetachedFrames {
                id: coroutine.id,
                chain: chain.frames,
                shown,
            };
            Some((DetachedCoroutine { addr, coroutine }, frames))
        })
        .unzip()
}
