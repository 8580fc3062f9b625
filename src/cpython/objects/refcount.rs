//! Reference counts: whether an object still exists.

use python_offsets::Offset;

use crate::cpython::reader::Reader;

/// Bits of `ob_ref_shared` below the count (`_Py_REF_SHARED_SHIFT`,
/// Include/refcount.h, 3.13 free-threaded).
const SHARED_FLAGS: u32 = 2;

impl Reader<'_> {
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
