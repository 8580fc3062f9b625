//! The garbage collector's lists: every container object of an interpreter.

use super::error::{DecodeError, Result};
use super::reader::{Fields, Reader};

/// Low bits of the links of a `PyGC_Head` that are flags, not address
/// (Include/internal/pycore_gc.h).
const LINK_FLAGS: u64 = 7;

impl Reader<'_> {
    /// The lists of tracked objects of the interpreter at `interp`, a head
    /// each. Free-threaded builds keep none: `NotInLayout`.
    pub fn collector_lists(&self, runtime: u64, interp: u64) -> Result<Vec<u64>> {
        let layout = &self.layout;
        let state = match (layout.interp.gc, layout.runtime.gc) {
            (Some(offset), _) => interp + u64::from(offset),
            (None, Some(offset)) => runtime + u64::from(offset),
            (None, None) => {
                return Err(DecodeError::NotInLayout {
                    what: "the collector",
                });
            }
        };
        if layout.gc.heads.is_empty() {
            return Err(DecodeError::NotInLayout {
                what: "the collector's lists",
            });
        }
        let heads = layout.gc.heads.iter();
        Ok(heads.map(|head| state + u64::from(*head)).collect())
    }

    /// Calls `visit` with each object of one of the collector's lists. An
    /// error says that the list changed while it was followed.
    pub fn visit_collector_list(&self, head: u64, mut visit: impl FnMut(u64)) -> Result<()> {
        let size = u64::from(self.layout.gc.head_size);
        let mut links = [0; 16];
        let mut previous = head;
        let mut current = self.u64(head)? & !LINK_FLAGS;
        let mut count = 0;
        while current != head {
            self.bytes_into(current, &mut links)?;
            count += 1;
            if links.field_u64(8) & !LINK_FLAGS != previous || count > self.limits.gc_objects {
                return Err(DecodeError::Corrupt {
                    what: "list of the collector",
                    addr: current,
                });
            }
            visit(current + size);
            previous = current;
            current = links.field_u64(0) & !LINK_FLAGS;
        }
        Ok(())
    }
}
