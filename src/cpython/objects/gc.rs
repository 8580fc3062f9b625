//! The garbage collector's lists: every container object of an interpreter.

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Fields, Reader, is_plausible};

/// Low bits of the links of a `PyGC_Head` that are flags, not address; heads of
/// lists are aligned to four bytes only in some builds
/// (Include/internal/pycore_gc.h).
const LINK_FLAGS: u64 = 3;
/// `_PyGC_PREV_MASK_COLLECTING` (Include/internal/pycore_gc.h, 3.8 to 3.15).
const COLLECTING: u64 = 2;

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
        let at = |heads: &[u32]| -> Vec<u64> {
            let heads = heads.iter();
            heads.map(|head| state + u64::from(*head)).collect()
        };
        if !layout.gc.heads.is_empty() {
            return Ok(at(&layout.gc.heads));
        }
        let possible = &layout.format.collector_heads;
        let mut possible = possible.iter().map(|heads| at(heads));
        possible
            .find(|heads| heads.iter().all(|head| self.is_collector_list(*head)))
            .ok_or(DecodeError::NotInLayout {
                what: "the collector's lists",
            })
    }

    /// Whether a list of the collector begins at `head`: both neighbours lead
    /// back to it.
    fn is_collector_list(&self, head: u64) -> bool {
        let link = |at: u64| self.u64(at).map(|link| link & !LINK_FLAGS);
        let leads_back = || -> Result<bool> {
            let (next, previous) = (link(head)?, link(head + 8)?);
            Ok(link(next + 8)? == head && link(previous)? == head)
        };
        leads_back().unwrap_or(false)
    }

    /// Whether the collector knows the object at `addr`: the next one in its list
    /// leads back to it, or both take part in a collection, which keeps its counts
    /// in the place of those links. What was freed is in no list.
    pub fn is_tracked(&self, addr: u64) -> bool {
        let Some(head) = addr.checked_sub(self.layout.gc.head_size.into()) else {
            return false;
        };
        let links = |head: u64| Some((self.u64(head).ok()?, self.u64(head.checked_add(8)?).ok()?));
        let Some((next, previous)) = links(head) else {
            return false;
        };
        let next = next & !LINK_FLAGS;
        let Some((_, back)) = Some(next)
            .filter(|next| is_plausible(*next))
            .and_then(links)
        else {
            return false;
        };
        let collected = previous & back & COLLECTING != 0;
        (collected || back & !LINK_FLAGS == head) && !self.is_freed(addr)
    }

    /// Calls `visit` with each object of one of the collector's lists, and the
    /// address of its type. An error says that the list changed while it was
    /// followed.
    pub fn visit_collector_list(&self, head: u64, mut visit: impl FnMut(u64, u64)) -> Result<()> {
        let size = self.layout.gc.head_size;
        // The links, and the head of the object behind them.
        let mut block = [0; 64];
        let ob_type = size + self.layout.object.ob_type;
        let wanted = (ob_type as usize + 8).min(block.len());
        let mut previous = head;
        let mut current = self.u64(head)? & !LINK_FLAGS;
        let mut count = 0;
        while current != head {
            self.bytes_into(current, &mut block[..wanted])?;
            count += 1;
            if block.field_u64(8) & !LINK_FLAGS != previous || count > self.limits.gc_objects {
                return Err(DecodeError::Corrupt {
                    what: "list of the collector",
                    addr: current,
                });
            }
            visit(current + u64::from(size), block.field_u64(ob_type));
            previous = current;
            current = block.field_u64(0) & !LINK_FLAGS;
        }
        Ok(())
    }
}
