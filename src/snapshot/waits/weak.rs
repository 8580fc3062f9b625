//! Tasks that nothing but themselves keeps: what they wait for is known to
//! nobody else, so that the garbage collector may take both ("Task was
//! destroyed but it is pending!").

use rustc_hash::{FxHashMap, FxHashSet};

use crate::activity::{ChainFrame, python_frames};
use crate::cpython::error::Result;
use crate::cpython::reader::words;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::snapshot::tasks::BuiltTask;

/// Bytes of one frame that are looked through.
const MAX_FRAME: u64 = 1 << 16;
/// Innermost frames whose receiver may be what the future is kept in.
const RECEIVERS: usize = 3;

/// The objects that a suspended task is made of, and how often they refer to
/// one another.
struct Circle<'r, 'm> {
    reader: &'r Reader<'m>,
    members: FxHashSet<u64>,
    counts: FxHashMap<u64, u64>,
}

/// Whether only weak references keep the task, as far as can be told.
/// Free-threaded builds count references in two places: there it cannot.
pub fn weakly_held(reader: &Reader<'_>, built: &BuiltTask) -> Option<bool> {
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
        let kept_in = self.containers(&built.chain);
        self.members.extend([built.addr, leaf]);
        self.members.extend(&callbacks);
        self.members.extend(built.chain.generators());
        self.members.extend(&kept_in);
        self.count_structure(built.addr)?;
        self.count_structure(leaf)?;
        for callback in &callbacks {
            self.count_structure(*callback)?;
        }
        for frame in python_frames(&built.chain) {
            self.count_frame(frame)?;
        }
        for container in &kept_in {
            for (_, part) in reader.parts(*container) {
                self.note(part);
            }
        }
        let mut must_close = vec![built.addr, leaf];
        must_close.extend(kept_in);
        for object in must_close {
            if self.references(object)? > self.counts.get(&object).copied().unwrap_or(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn references(&self, object: u64) -> Result<u64> {
        let count = self.reader.layout.object.ob_refcnt.unwrap_or_default();
        Ok(self.reader.u32(count.at(object))?.into())
    }

    /// What the methods that wait belong to, and the lists of waiters in it.
    fn containers(&self, chain: &[ChainFrame]) -> Vec<u64> {
        let reader = self.reader;
        let mut found = Vec::new();
        for frame in python_frames(chain).take(RECEIVERS) {
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

    fn note(&mut self, object: u64) {
        if self.members.contains(&object) {
            *self.counts.entry(object).or_default() += 1;
        }
    }

    /// Counts what the fields of the object at `addr` refer to.
    fn count_structure(&mut self, addr: u64) -> Result<()> {
        let ty = self.reader.type_of(addr)?;
        let header = u64::from(self.reader.layout.object.size);
        let size = u64::try_from(ty.basicsize).unwrap_or(0).min(MAX_FRAME);
        self.count_words(addr + header, size.saturating_sub(header), false)
    }

    /// Counts what a frame refers to.
    fn count_frame(&mut self, frame: &RawFrame) -> Result<()> {
        let end = self.reader.stack_top(frame)?.unwrap_or(frame.addr);
        let length = end.saturating_sub(frame.addr).min(MAX_FRAME);
        self.count_words(frame.addr, length, true)?;
        // The iterator over a future, on top of the stack, is known to nobody.
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

    /// Counts references in memory; `borrowed` ones of frames are tagged.
    fn count_words(&mut self, addr: u64, length: u64, tagged: bool) -> Result<()> {
        let bytes = self.reader.bytes(addr, length as usize)?;
        for word in words(&bytes) {
            if !tagged || word & 3 == 0 {
                self.note(word);
            }
        }
        Ok(())
    }
}
