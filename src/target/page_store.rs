//! Where a page cache keeps its pages.

use std::ops::RangeInclusive;

use rustc_hash::FxHashMap;

/// The unit that is read and kept. Larger pages of the target are multiples.
pub(super) const PAGE_SIZE: usize = 4096;
pub(super) const PAGE_SHIFT: u32 = PAGE_SIZE.trailing_zeros();
/// Pages per allocation, and per batch: what one `process_vm_readv` takes.
/// The allocation is zeroed lazily by the kernel, so its unused part is free.
pub(super) const CHUNK_PAGES: usize = 1024;
/// Marks a page that cannot be read, in place of its slot.
pub(super) const BAD: u32 = u32::MAX;
/// No page has this number: numbers are addresses without their low 12 bits.
pub(super) const NO_PAGE: u64 = u64::MAX;

/// A bounded set of pages, in slots that are reused in turn.
#[derive(Debug)]
pub(super) struct Store {
    /// Page number → slot, or `BAD`.
    pub(super) index: FxHashMap<u64, u32>,
    /// Slot → page number, or `NO_PAGE`.
    pub(super) owners: Vec<u64>,
    pub(super) chunks: Vec<Box<[u8]>>,
    /// The slot that is filled next.
    pub(super) next: usize,
    /// Slots there may be.
    capacity: usize,
    pub(super) bad: usize,
    pub(super) dropped: u64,
}

impl Store {
    /// A store of up to `pages` pages, at least one.
    pub(super) fn new(pages: usize) -> Self {
        Self {
            index: FxHashMap::default(),
            owners: Vec::new(),
            chunks: Vec::new(),
            next: 0,
            capacity: pages.clamp(1, BAD as usize),
            bad: 0,
            dropped: 0,
        }
    }

    /// Frees everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    pub(super) fn page(&self, slot: usize) -> &[u8] {
        let start = slot % CHUNK_PAGES * PAGE_SIZE;
        &self.chunks[slot / CHUNK_PAGES][start..start + PAGE_SIZE]
    }

    pub(super) fn page_mut(&mut self, slot: usize) -> &mut [u8] {
        self.pages_mut(slot, 1)
    }

    pub(super) fn pages_mut(&mut self, slot: usize, count: usize) -> &mut [u8] {
        let start = slot % CHUNK_PAGES * PAGE_SIZE;
        &mut self.chunks[slot / CHUNK_PAGES][start..start + count * PAGE_SIZE]
    }

    /// The next slots, at most `wanted`, at least one, all of one chunk, and
    /// without the pages that were in them.
    pub(super) fn make_room(&mut self, wanted: usize) -> (usize, usize) {
        let first = if self.next < self.capacity {
            self.next
        } else {
            0
        };
        let chunk = first / CHUNK_PAGES;
        let chunk_end = ((chunk + 1) * CHUNK_PAGES).min(self.capacity);
        let end = chunk_end.min(first.saturating_add(wanted));
        if chunk == self.chunks.len() {
            let pages = chunk_end - chunk * CHUNK_PAGES;
            self.chunks.push(vec![0; pages * PAGE_SIZE].into());
        }
        if self.owners.len() < end {
            self.owners.resize(end, NO_PAGE);
        }
        for owner in &mut self.owners[first..end] {
            if *owner != NO_PAGE {
                self.index.remove(owner);
                self.dropped += 1;
                *owner = NO_PAGE;
            }
        }
        (first, end - first)
    }

    pub(super) fn keep(&mut self, page: u64, slot: usize) {
        self.index.insert(page, slot as u32);
        self.owners[slot] = page;
    }

    pub(super) fn remember_bad(&mut self, page: u64) {
        if self.bad >= self.capacity {
            self.index.retain(|_, slot| *slot != BAD);
            self.bad = 0;
        }
        self.index.insert(page, BAD);
        self.bad += 1;
    }

    pub(super) fn missing(&self, pages: RangeInclusive<u64>) -> Vec<u64> {
        pages
            .filter(|page| !self.index.contains_key(page))
            .collect()
    }

    /// The pages of `ranges` that are not known yet, sorted, without doubles,
    /// at most as many as there may be slots.
    pub(super) fn missing_of(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) -> Vec<u64> {
        let mut pages: Vec<u64> = Vec::new();
        let mut last = NO_PAGE;
        // Doubles are sorted out when they could have filled the cache twice.
        let crowded = self.capacity.saturating_mul(2);
        for (addr, len) in ranges {
            let Some(last_byte) = (len as u64).checked_sub(1) else {
                continue;
            };
            let end = addr.saturating_add(last_byte) >> PAGE_SHIFT;
            for page in addr >> PAGE_SHIFT..=end {
                if page == last || self.index.contains_key(&page) {
                    continue;
                }
                last = page;
                pages.push(page);
                if pages.len() >= crowded {
                    pages.sort_unstable();
                    pages.dedup();
                    if pages.len() >= self.capacity {
                        pages.truncate(self.capacity);
                        return pages;
                    }
                }
            }
        }
        pages.sort_unstable();
        pages.dedup();
        pages.truncate(self.capacity);
        pages
    }
}
