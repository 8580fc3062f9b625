//! Pools that keep the callers of a library waiting.

use rustc_hash::FxHashMap;

use super::state;
use crate::asyncio::Outer;
use crate::cpython::{RawFrame, Reader};
use crate::model::ResourceKind;

/// Maximum number of frames outside of a primitive that are searched for the pool or stream
/// that uses it.
pub(super) const MAX_OUTER_FRAMES: usize = 8;

/// Whether a pool has nothing left to give, and its waiters wait on one of `waited`.
pub(super) fn is_reason(reader: &Reader<'_>, pool: u64, waited: &[u64]) -> bool {
    let state = state::read(reader, ResourceKind::Pool, pool);
    let has_room = match (state.limit, state.used) {
        (Some(limit), Some(used)) => used < limit,
        _ => false,
    };
    !has_room && reader.pool_waits_on(pool, waited)
}

/// The pool for which a thread waits in a primitive of which `waited` is the object. `frames`
/// are those outside of the primitive, innermost first.
pub(super) fn of_thread(
    reader: &Reader<'_>,
    frames: &[RawFrame],
    waited: u64,
    known: &mut FxHashMap<u64, Option<Outer>>,
) -> Option<u64> {
    let receivers = frames
        .iter()
        .take(MAX_OUTER_FRAMES)
        .filter_map(|frame| reader.method_receiver(frame).ok().flatten());
    let pools = receivers.filter_map(|receiver| {
        let outer = known
            .entry(receiver)
            .or_insert_with(|| reader.outer(receiver));
        match outer {
            Some(Outer::Pool(pool)) => Some(*pool),
            Some(Outer::MemoryStream(_)) | None => None,
        }
    });
    pools
        .into_iter()
        .find(|pool| is_reason(reader, *pool, &[waited]))
}
