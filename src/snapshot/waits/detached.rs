//! Coroutines and asynchronous generators that no task runs.

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::frame_owners::Loose;
use crate::asyncio::LoopHandles;
use crate::cpython::{GeneratorStage, Kind, Reader};
use crate::model::Coroutine;
use crate::snapshot::frames::Frames;
use crate::snapshot::in_use::InUse;

/// Coroutines of no task that are shown.
const MAX_SHOWN: usize = 1_000;

/// A coroutine of no task.
pub struct Orphan {
    pub addr: u64,
    pub coroutine: Coroutine,
}

/// Coroutines in the callbacks that are ready: their first step is queued.
/// By coroutine: the loop, and the future that a thread may wait for.
pub fn queued(
    reader: &Reader<'_>,
    loops: &[(u64, LoopHandles)],
) -> FxHashMap<u64, (ArcStr, Vec<u64>)> {
    let mut queued = FxHashMap::default();
    for (addr, handles) in loops {
        let loop_id = ArcStr::from(format!("loop:0x{addr:x}"));
        for handle in &handles.ready {
            let bound = reader.bound_objects(handle.callback);
            let objects: Vec<u64> = handle.arguments.iter().chain(&bound).copied().collect();
            let coroutines = objects
                .iter()
                .filter(|object| reader.is_kind(**object, Kind::Coroutine));
            for coroutine in coroutines {
                let futures = objects.iter().copied();
                let futures = futures.filter(|object| reader.is_concurrent_future(*object));
                queued.insert(*coroutine, (loop_id.clone(), futures.collect()));
            }
        }
    }
    queued
}

/// Those among `candidates` that are still coroutines of no task: `in_use` are
/// the generators in chains of tasks and in managers.
pub fn orphans(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    candidates: impl Iterator<Item = u64>,
    in_use: &InUse<'_>,
    queued: &FxHashMap<u64, (ArcStr, Vec<u64>)>,
) -> (Vec<Orphan>, Vec<Loose>) {
    let mut seen = FxHashSet::default();
    let addrs: Vec<u64> = candidates
        .filter(|addr| !in_use.contains(*addr) && seen.insert(*addr))
        .filter(|addr| reader.is_loose(*addr))
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
                (Kind::AsyncGenerator, _) => "async-generator",
                (_, GeneratorStage::Created) => "created",
                _ => "suspended",
            };
            let shown = frames.chain(&chain.frames);
            let coroutine = Coroutine {
                id: format!("coroutine:0x{addr:x}").into(),
                qualname: reader.generator_qualname(addr).ok()?.to_string(),
                state: state.to_owned(),
                frames: shown.to_vec(),
                referenced_by: None,
                referenced_as: None,
                event_loop: queued.get(&addr).map(|(event_loop, _)| event_loop.clone()),
                error: None,
            };
            let loose = Loose {
                id: coroutine.id.clone(),
                chain: chain.frames,
                shown,
            };
            Some((Orphan { addr, coroutine }, loose))
        })
        .unzip()
}
