//! The garbage collector's lists: every container object of an interpreter.

use rustc_hash::FxHashSet;

use super::error::{DecodeError, Result};
use super::reader::Reader;

/// Low bits of the links of a `PyGC_Head` that are flags, not address
/// (Include/internal/pycore_gc.h).
const LINK_FLAGS: u64 = 7;

impl Reader<'_> {
    /// Calls `visit` with the address of each tracked object of the interpreter
    /// at `interp`. Free-threaded builds keep no lists: `NotInLayout`.
    pub fn visit_tracked_objects(
        &self,
        runtime: u64,
        interp: u64,
        mut visit: impl FnMut(u64),
    ) -> Result<()> {
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
        let mut seen = FxHashSet::default();
        for head in &layout.gc.heads {
            let head = state + u64::from(*head);
            let mut link = self.u64(head)? & !LINK_FLAGS;
            while link != head && link != 0 {
                if !seen.insert(link) || seen.len() > self.limits.gc_objects {
                    return Err(DecodeError::Corrupt {
                        what: "list of the collector",
                        addr: link,
                    });
                }
                visit(link + u64::from(layout.gc.head_size));
                link = self.u64(link)? & !LINK_FLAGS;
            }
        }
        Ok(())
    }
}
