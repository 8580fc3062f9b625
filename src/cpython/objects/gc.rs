//! The lists of the garbage collector, which hold every container object of an
//! interpreter.

use python_offsets::Offset;

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Fields, Reader, WORD, is_plausible};

/// Low bits of the links of a `PyGC_Head` that are flags and no part of the
/// address (Include/internal/pycore_gc.h). Only two: some builds align the heads
/// of lists to four bytes.
const LINK_FLAGS: u64 = 3;
/// `_PyGC_PREV_MASK_COLLECTING` (Include/internal/pycore_gc.h, 3.8 to 3.15).
const COLLECTING: u64 = 2;

impl Reader<'_> {
    /// The heads of the lists of tracked objects of the interpreter at `interp`.
    ///
    /// # Errors
    /// [`DecodeError::NotInLayout`] for free-threaded builds, which have no lists,
    /// and for builds whose lists are not where any known build has them.
    pub fn collector_lists(&self, runtime: u64, interp: u64) -> Result<Vec<u64>> {
        let layout = &self.layout;
        let state = match (layout.interp.gc, layout.runtime.gc) {
            (Some(offset), _) => offset.at(interp),
            (None, Some(offset)) => offset.at(runtime),
            (None, None) => {
                return Err(DecodeError::NotInLayout {
                    what: "the collector",
                });
            }
        };
        let at =
            |heads: &[Offset]| -> Vec<u64> { heads.iter().map(|head| head.at(state)).collect() };
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

    /// Offsets of the links to the next and to the previous `PyGC_Head`.
    fn collector_links(&self) -> Result<(Offset, Offset)> {
        let layout = &self.layout.gc;
        let missing = DecodeError::NotInLayout { what: "PyGC_Head" };
        layout.next.zip(layout.prev).ok_or(missing)
    }

    /// Whether a list of the collector begins at `head`: both neighbours point
    /// back to it.
    fn is_collector_list(&self, head: u64) -> bool {
        let link = |at: u64| self.u64(at).map(|link| link & !LINK_FLAGS);
        let is_linked = || -> Result<bool> {
            let (next_link, previous_link) = self.collector_links()?;
            let (next, previous) = (link(next_link.at(head))?, link(previous_link.at(head))?);
            Ok(link(previous_link.at(next))? == head && link(next_link.at(previous))? == head)
        };
        is_linked().unwrap_or(false)
    }

    /// Whether the collector tracks the object at `addr`. Then the next object in
    /// its list points back to it, or both take part in a collection, which keeps
    /// reference counts in those links. A freed object is in no list.
    pub fn is_tracked(&self, addr: u64) -> bool {
        let (Ok((next_link, previous_link)), Some(head)) = (
            self.collector_links(),
            addr.checked_sub(self.layout.gc.head_size.into()),
        ) else {
            return false;
        };
        let word = |link: Offset, head: u64| self.u64(link.at(head)).ok();
        let links = |head: u64| Some((word(next_link, head)?, word(previous_link, head)?));
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

    /// Whether both neighbours of the object at `addr` in the collector's list point to it.
    /// False for all objects that take part in a collection.
    pub fn is_between_neighbours(&self, addr: u64) -> bool {
        let head = addr.wrapping_sub(self.layout.gc.head_size.into());
        is_plausible(head) && self.is_collector_list(head)
    }

    /// Calls `visit` with the address of each object in the collector's list at
    /// `head`, and with the address of its type.
    ///
    /// # Errors
    /// When the list cannot be read, is too long, or changed during the walk.
    pub fn visit_collector_list(&self, head: u64, mut visit: impl FnMut(u64, u64)) -> Result<()> {
        let size = self.layout.gc.head_size;
        let (next_link, previous_link) = self.collector_links()?;
        // The links, and the header of the object behind them.
        let mut block = [0; 64];
        let ob_type = self.layout.object.ob_type + size;
        let wanted = (ob_type.bytes() as usize + WORD).min(block.len());
        let mut previous = head;
        let mut current = self.u64(next_link.at(head))? & !LINK_FLAGS;
        let mut count = 0;
        while current != head {
            self.bytes_into(current, &mut block[..wanted])?;
            count += 1;
            if block.field_u64(previous_link) & !LINK_FLAGS != previous
                || count > self.limits.gc_objects
            {
                return Err(DecodeError::Corrupt {
                    what: "list of the collector",
                    addr: current,
                });
            }
            visit(current + u64::from(size), block.field_u64(ob_type));
            previous = current;
            current = block.field_u64(next_link) & !LINK_FLAGS;
        }
        Ok(())
    }
}
