//! The memory of a page store: chunks of many pages, and where a slot is in them.

use std::alloc::Layout;

use memmap2::{Advice, MmapMut};

/// Pages of one allocation (a chunk), as many as one `process_vm_readv` takes.
/// The kernel zeroes an allocation lazily, so its unused part costs nothing.
pub(crate) const CHUNK_PAGES: usize = 1024;
/// Pages of the first chunk, which is not made of huge pages. Reading the threads
/// alone needs no more, and clearing a huge page would cost as much as that.
pub(super) const FIRST_CHUNK_PAGES: usize = 512;

/// Consecutive pages in consecutive slots of one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageRun {
    /// Number of the first page.
    pub page: u64,
    /// The slot of the first page.
    pub slot: usize,
    /// Number of pages.
    pub count: usize,
}

/// The runs of `pages` in `slots`.
pub(crate) fn runs(pages: &[u64], slots: &[usize]) -> Vec<PageRun> {
    let mut runs: Vec<PageRun> = Vec::new();
    for (&page, &slot) in pages.iter().zip(slots) {
        let is_chunk_start = locate(slot).1 == 0;
        match runs.last_mut() {
            Some(run)
                if run.page + run.count as u64 == page
                    && run.slot + run.count == slot
                    && !is_chunk_start =>
            {
                run.count += 1;
            }
            _ => runs.push(PageRun {
                page,
                slot,
                count: 1,
            }),
        }
    }
    runs
}

/// The chunk of a slot, and the index of its page in that chunk.
#[inline]
pub(super) fn locate(slot: usize) -> (usize, usize) {
    match slot.checked_sub(FIRST_CHUNK_PAGES) {
        None => (0, slot),
        Some(slot) => (1 + slot / CHUNK_PAGES, slot % CHUNK_PAGES),
    }
}

/// Number of pages of a chunk.
pub(super) fn pages_of(chunk: usize) -> usize {
    match chunk {
        0 => FIRST_CHUNK_PAGES,
        _ => CHUNK_PAGES,
    }
}

/// Zeroed memory, of huge pages if `huge` and the kernel has them: a page fault for
/// each small page would cost as much as copying it.
pub(super) fn zeroed(bytes: usize, huge: bool) -> MmapMut {
    let Ok(chunk) = MmapMut::map_anon(bytes) else {
        let layout = Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>());
        std::alloc::handle_alloc_error(layout);
    };
    if huge {
        // Without huge pages it is slower and nothing else.
        let _ = chunk.advise(Advice::HugePage);
    }
    chunk
}
