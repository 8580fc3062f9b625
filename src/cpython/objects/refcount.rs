//! Reference counts: whether there is still an object.

use crate::cpython::reader::Reader;

/// Bits of `ob_ref_shared` below the count (`_Py_REF_SHARED_SHIFT`,
/// Include/refcount.h, 3.13 free-threaded).
const SHARED_FLAGS: u32 = 2;

impl Reader<'_> {
    /// Whether nothing refers to what was an object at `addr`: it is being freed,
    /// or its memory waits to be used again, with the count that it ended with.
    /// What cannot be read is not said to be freed.
    pub fn is_freed(&self, addr: u64) -> bool {
        let object = &self.layout.object;
        let own = object.ob_refcnt.or(object.ob_ref_local);
        let count = |offset: u32| self.u32(addr + u64::from(offset)).ok();
        own.is_some_and(|own| count(own) == Some(0))
            && object.ob_ref_shared.is_none_or(|shared| {
                count(shared).is_some_and(|shared| shared >> SHARED_FLAGS == 0)
            })
    }
}
