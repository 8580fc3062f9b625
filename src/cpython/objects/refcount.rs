//! Reference counts: whether an object still exists.

use python_offsets::Offset;

use crate::cpython::reader::{Reader, words};
use crate::cpython::{Kind, RawFrame};

/// Bits of `ob_ref_shared` below the count (`_Py_REF_SHARED_SHIFT`,
/// Include/refcount.h, 3.13 free-threaded).
const SHARED_FLAGS: u32 = 2;

/// Maximum number of bytes of a frame that are searched.
const MAX_FRAME: u64 = 1 << 16;
/// Maximum number of bytes of the fields of one object that are searched.
const MAX_FIELDS: u64 = 1 << 12;

impl Reader<'_> {
    /// Number of references to the object at `addr`. `None` where it cannot be read, and in
    /// free-threaded builds, which have two counts for each object (Include/object.h).
    pub fn reference_count(&self, addr: u64) -> Option<u64> {
        let count = self.layout.object.ob_refcnt?;
        Some(self.u32(count.at(addr)).ok()?.into())
    }

    /// Whether a weak reference to the object at `addr` exists. `None` if that cannot be read.
    pub fn has_weak_references(&self, addr: u64) -> Option<bool> {
        let ty = self.type_of(addr).ok()?;
        let offset = self.layout.type_object.tp_weaklistoffset.at(ty.addr);
        // Negative where it lies before the object (Include/internal/pycore_object.h, 3.12).
        match self.i64(offset).ok()? {
            0 => Some(false),
            offset => Some(self.u64(addr.checked_add_signed(offset)?).ok()? != 0),
        }
    }

    /// How many references to the object at `addr` the frame has that count: borrowed ones have
    /// tag bits (Include/internal/pycore_stackref.h, 3.14). `None` if the frame cannot be read.
    pub fn count_in_frame(&self, frame: &RawFrame, addr: u64) -> Option<u64> {
        let end = match self.stack_top(frame).ok()? {
            Some(top) => top,
            None => self.stack_base(frame).ok()?,
        };
        let length = end.checked_sub(frame.addr)?.min(MAX_FRAME);
        let bytes = self.bytes(frame.addr, usize::try_from(length).ok()?).ok()?;
        let found = words(&bytes).filter(|word| *word == addr);
        Some(found.count() as u64)
    }

    /// How many references to the object at `addr` the iterators over futures have that stand at
    /// the end of the frame's stack (`FutureIter`, Modules/_asynciomodule.c). `None` if they
    /// cannot be read.
    pub fn count_in_awaited(&self, frame: &RawFrame, addr: u64) -> Option<u64> {
        let mut found = 0;
        // From 3.15 a value above the awaited object belongs to its iteration.
        for slot in 1..=2 {
            let value = self.stack_slot(frame, slot).ok().flatten();
            if let Some(value) = value.filter(|it| self.is_kind(*it, Kind::FutureIter)) {
                found += self.count_in_fields(value, addr)?;
            }
        }
        Some(found)
    }

    /// How many of the fields of the object at `object` are references to the one at `addr`.
    /// `None` if they cannot be read.
    pub fn count_in_fields(&self, object: u64, addr: u64) -> Option<u64> {
        let ty = self.type_of(object).ok()?;
        let header = u64::from(self.layout.object.size);
        let size = u64::try_from(ty.basicsize).ok()?.min(MAX_FIELDS);
        let length = usize::try_from(size.saturating_sub(header)).ok()?;
        let bytes = self.bytes(object + header, length).ok()?;
        let found = words(&bytes).filter(|word| *word == addr);
        Some(found.count() as u64)
    }

    /// Whether the object at `addr` has no references: it is being freed, or its
    /// memory is unused and still has the last count. False where the count cannot
    /// be read.
    pub fn is_freed(&self, addr: u64) -> bool {
        let object = &self.layout.object;
        let own = object.ob_refcnt.or(object.ob_ref_local);
        let count = |offset: Offset| self.u32(offset.at(addr)).ok();
        own.is_some_and(|own| count(own) == Some(0))
            && object.ob_ref_shared.is_none_or(|shared| {
                count(shared).is_some_and(|shared| shared >> SHARED_FLAGS == 0)
            })
    }
}
