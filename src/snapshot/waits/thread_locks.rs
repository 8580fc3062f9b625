//! What the innermost frames of a blocked thread have that it may wait for.

use crate::cpython::{Kind, RawFrame, Reader};

/// Maximum number of frames whose variables are searched for a lock.
pub(super) const MAX_LOCK_FRAMES: usize = 3;

/// Address of the `queue.SimpleQueue` whose `get()` sleeps on this futex.
pub(super) fn simple_queue(reader: &Reader<'_>, frames: &[RawFrame], futex: u64) -> Option<u64> {
    let slots = reader.stack_slots(frames.first()?).into_iter();
    let bound = slots.flat_map(|object| [Some(object), reader.bound_to(object)]);
    bound
        .flatten()
        .find(|object| reader.simple_queue_sleeps_on(*object, futex))
}

/// Addresses of the objects in variables and globals of the innermost frames, and on the stack
/// of the innermost one.
pub(super) fn lock_roots(reader: &Reader<'_>, frames: &[RawFrame]) -> Vec<u64> {
    let mut roots: Vec<u64> = (frames.first().into_iter())
        .flat_map(|frame| reader.stack_slots(frame))
        .filter(|object| reader.is_thread_lock(*object) || reader.bound_to(*object).is_some())
        .collect();
    for frame in frames.iter().take(MAX_LOCK_FRAMES) {
        let bindings = reader.frame_variables(frame).unwrap_or_default();
        roots.extend(bindings.into_iter().filter_map(|binding| binding.value));
    }
    for frame in frames.iter().take(MAX_LOCK_FRAMES) {
        roots.extend(named_globals(reader, frame));
    }
    roots
}

/// Addresses of the globals that the code of `frame` uses, without modules.
fn named_globals(reader: &Reader<'_>, frame: &RawFrame) -> Vec<u64> {
    let globals = || -> crate::cpython::error::Result<Vec<u64>> {
        let at = frame.addr + u64::from(reader.layout.frame.globals);
        let globals = reader.required(at, "f_globals")?;
        let at = frame.at.code.addr + u64::from(reader.layout.code.co_names);
        let names = reader.required(at, "co_names")?;
        let (names, _) = reader.tuple_items(names, reader.limits.value_items)?;
        let mut found = Vec::new();
        for name in names {
            let name = reader.text(name)?;
            found.extend(reader.dict_get(globals, &name)?);
        }
        Ok(found)
    };
    globals()
        .unwrap_or_default()
        .into_iter()
        .filter(|value| !reader.is_kind(*value, Kind::Module))
        .collect()
}
