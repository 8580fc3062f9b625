//! The descriptors that loops watch, by the objects that their callbacks have.

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use crate::asyncio::LoopHandles;
use crate::cpython::Reader;

/// The descriptor whose callback has an object.
#[derive(Debug, Clone, Copy)]
struct WatchedBy {
    /// The place of the descriptor among all that are watched.
    order: usize,
    /// The descriptor.
    fd: i64,
    /// Whether the callback is called when it can be written.
    blocks_writer: bool,
}

/// The watched descriptors of all loops, read when they are first asked for.
#[derive(Default)]
pub(super) struct WatchedObjects {
    by_object: OnceCell<FxHashMap<u64, WatchedBy>>,
}

impl WatchedObjects {
    /// The descriptor whose callback completes or sets one of `waited`, and whether that
    /// happens when it can be written. `handles` are those of each loop, by its address.
    pub(super) fn find(
        &self,
        reader: &Reader<'_>,
        handles: &[(u64, LoopHandles)],
        waited: &[u64],
    ) -> Option<(i64, bool)> {
        let watched = self.by_object.get_or_init(|| read(reader, handles));
        let found = waited.iter().filter_map(|object| watched.get(object));
        let first = found.min_by_key(|it| it.order);
        first.map(|it| (it.fd, it.blocks_writer))
    }
}

/// The objects that the callbacks have, each with the first descriptor whose callback has it.
fn read(reader: &Reader<'_>, handles: &[(u64, LoopHandles)]) -> FxHashMap<u64, WatchedBy> {
    let mut found = FxHashMap::default();
    let files = (handles.iter()).flat_map(|(_, handles)| &handles.watched);
    for (order, file) in files.enumerate() {
        for (handle, blocks_writer) in [(&file.reader, false), (&file.writer, true)] {
            let Some(handle) = handle else { continue };
            let bound = reader.bound_objects(handle.callback);
            for object in handle.arguments.iter().copied().chain(bound) {
                found.entry(object).or_insert(WatchedBy {
                    order,
                    fd: file.fd,
                    blocks_writer,
                });
            }
        }
    }
    found
}
