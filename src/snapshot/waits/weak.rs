//! Finds tasks that only weak references keep. Nothing else refers to the future that such
//! a task waits for, so the garbage collector may destroy both ("Task was destroyed but it
//! is pending!").

use rustc_hash::{FxHashMap, FxHashSet};

use crate::activity::{ChainFrame, python_frames};
use crate::cpython::error::Result;
use crate::cpython::reader::words;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::snapshot::tasks::BuiltTask;

/// Maximum number of bytes of one object or frame that are searched.
const MAX_SIZE: u64 = 1 << 16;
/// Maximum number of innermost frames whose receiver may hold the future.
const MAX_RECEIVERS: usize = 3;

/// The objects of a suspended task, and the references between them.
struct Circle<'r, 'm> {
    reader: &'r Reader<'m>,
    /// Addresses of the objects.
    members: FxHashSet<u64>,
    /// Number of references to each object from the others.
    counts: FxHashMap<u64, u64>,
}

/// Whether only weak references keep the task. `None` if this cannot be determined: the
/// task waits for nothing, memory could not be read, or the build is free-threaded and
/// has two reference counts per object (Include/object.h).
pub(super) fn weakly_held(reader: &Reader<'_>, built: &BuiltTask) -> Option<bool> {
    reader.layout.object.ob_refcnt?;
    let leaf = built.waiter?.get();
    Circle {
        reader,
        members: FxHashSet::default(),
        counts: FxHashMap::default(),
    }
    .closes(built, leaf)
    .ok()
}

impl Circle<'_, '_> {
    /// Whether nothing outside refers to any of the objects.
    fn closes(mut self, built: &BuiltTask, leaf: u64) -> Result<bool> {
        let reader = self.reader;
        let callbacks = reader.future(leaf)?.callbacks;
        let containers = self.containers(&built.chain);
        self.members.extend([built.addr, leaf]);
        self.members.extend(&callbacks);
        self.members.extend(built.chain.generators());
        self.members.extend(&containers);
        self.count_structure(built.addr)?;
        self.count_structure(leaf)?;
        for callback in &callbacks {
            self.count_structure(*callback)?;
        }
        for frame in python_frames(&built.chain) {
            self.count_frame(frame)?;
        }
        for container in &containers {
            for (_, part) in reader.parts(*container) {
                self.count(part);
            }
        }
        let mut must_close = vec![built.addr, leaf];
        must_close.extend(containers);
        for object in must_close {
            if self.references(object)? > self.counts.get(&object).copied().unwrap_or(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reference count of an object.
    fn references(&self, object: u64) -> Result<u64> {
        let count = self.reader.layout.object.ob_refcnt.unwrap_or_default();
        Ok(self.reader.u32(count.at(object))?.into())
    }

    /// Addresses of the receivers of the waiting methods, and of the lists in them, which
    /// may hold the future.
    fn containers(&self, chain: &[ChainFrame]) -> Vec<u64> {
        let reader = self.reader;
        let mut found = Vec::new();
        for frame in python_frames(chain).take(MAX_RECEIVERS) {
            let Ok(Some(receiver)) = reader.receiver(frame) else {
                continue;
            };
            let is_plain = reader
                .type_of(receiver)
                .is_ok_and(|ty| ty.kind == Kind::Other && ty.is_heap());
            if !is_plain || found.contains(&receiver) {
                continue;
            }
            found.push(receiver);
            let parts = reader.parts(receiver).into_iter();
            found.extend(parts.map(|(_, part)| part).filter(|part| {
                matches!(
                    reader.type_of(*part).map(|ty| ty.kind),
                    Ok(Kind::Deque | Kind::List | Kind::Set)
                )
            }));
        }
        found
    }

    /// Counts a reference to `object`, if it is one of the objects.
    fn count(&mut self, object: u64) {
        if self.members.contains(&object) {
            *self.counts.entry(object).or_default() += 1;
        }
    }

    /// Counts the references in the fields of the object at `addr`.
    fn count_structure(&mut self, addr: u64) -> Result<()> {
        let ty = self.reader.type_of(addr)?;
        let header = u64::from(self.reader.layout.object.size);
        let size = u64::try_from(ty.basicsize).unwrap_or(0).min(MAX_SIZE);
        self.count_words(addr + header, size.saturating_sub(header), false)
    }

    /// Counts the references in a frame.
    fn count_frame(&mut self, frame: &RawFrame) -> Result<()> {
        let end = self.reader.stack_top(frame)?.unwrap_or(frame.addr);
        let length = end.saturating_sub(frame.addr).min(MAX_SIZE);
        self.count_words(frame.addr, length, true)?;
        // Only the stack refers to the iterator over the future, near its top.
        for slot in 1..=2 {
            let Ok(Some(value)) = self.reader.stack_slot(frame, slot) else {
                continue;
            };
            if self.reader.is_kind(value, Kind::FutureIter) {
                self.count_structure(value)?;
            }
        }
        Ok(())
    }

    /// Counts the references in `length` bytes at `addr`. With `tagged`, words with tag bits
    /// do not count: they are borrowed references of frames
    /// (Include/internal/pycore_stackref.h, 3.14).
    fn count_words(&mut self, addr: u64, length: u64, tagged: bool) -> Result<()> {
        let bytes = self.reader.bytes(addr, length as usize)?;
        for word in words(&bytes) {
            if !tagged || word & 3 == 0 {
                self.count(word);
            }
        }
        Ok(())
    }
}
