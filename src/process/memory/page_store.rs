//! The store of a page cache: pages in slots, within a bound.

use std::hash::Hasher;
use std::ops::{Range, RangeInclusive};

use memmap2::MmapMut;
use rustc_hash::{FxHashMap, FxHasher};

use super::changed_lines::{ALL, CacheChanges};
use super::chunks::{CHUNK_PAGES, FIRST_CHUNK_PAGES, locate, pages_of, zeroed};

/// Bytes of a page, the unit that is read and kept. Larger pages of the target
/// are multiples of it.
pub(crate) const PAGE_SIZE: usize = 4096;
pub(crate) const PAGE_SHIFT: u32 = PAGE_SIZE.trailing_zeros();
/// Capacity in pages once more was read than can be held: 18 MiB, whole chunks.
const CROWDED_PAGES: usize = FIRST_CHUNK_PAGES + 4 * CHUNK_PAGES;
/// Stands for the slot of a page that cannot be read.
pub(crate) const BAD: u32 = u32::MAX;
/// No page has this number: page numbers are addresses without their low 12 bits.
pub(crate) const NO_PAGE: u64 = u64::MAX;

/// What a page was read for. A page belongs to the first of these that it was read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReadFor {
    /// It is compared with the others.
    Main,
    /// It was read aside, see [`super::cache`].
    Aside,
    /// It was fetched with its neighbour, and nobody has asked for it.
    Neighbour,
}

/// A bounded set of pages, in slots that are reused in turn.
#[derive(Debug)]
pub(crate) struct Store {
    /// Page number → slot, or `BAD`.
    pub(crate) index: FxHashMap<u64, u32>,
    /// Slot → page number, or `NO_PAGE`.
    pub(crate) owners: Vec<u64>,
    /// Slot → what its page was read for.
    pub(crate) read_for: Vec<ReadFor>,
    chunks: Vec<MmapMut>,
    /// The slot that is filled next.
    next: usize,
    /// Slots that hold no page but have memory.
    free: Vec<usize>,
    /// Largest number of slots now. It shrinks once more pages were read.
    capacity: usize,
    /// Largest number of slots of an empty store.
    max_capacity: usize,
    /// Number of pages that cannot be read.
    pub(crate) bad: usize,
    /// Number of pages that made room for others.
    pub(crate) dropped: u64,
    /// Page number → hash of a page that made room for others. `None` when such
    /// pages are not compared.
    hashes: Option<FxHashMap<u64, u64>>,
    /// Whether a page that had made room was different when it was read again.
    pub(crate) inconsistent: bool,
    /// What has changed since that was last taken. `None` if it is not noted.
    pub(crate) changes: Option<CacheChanges>,
}

/// What the store still has of a page that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known {
    /// Its bytes, in this slot.
    Held(usize),
    /// Its hash.
    Dropped(u64),
}

impl Store {
    /// A store of up to `pages` pages, at least one.
    pub(crate) fn new(pages: usize) -> Self {
        Self {
            index: FxHashMap::default(),
            owners: Vec::new(),
            read_for: Vec::new(),
            chunks: Vec::new(),
            next: 0,
            free: Vec::new(),
            capacity: pages.clamp(1, BAD as usize),
            max_capacity: pages.clamp(1, BAD as usize),
            bad: 0,
            dropped: 0,
            hashes: None,
            inconsistent: false,
            changes: None,
        }
    }

    /// Keeps the hashes of pages that make room for others from now on.
    pub(crate) fn remember_dropped(&mut self) {
        self.hashes = Some(FxHashMap::default());
    }

    /// Drops all pages and frees their memory.
    pub(crate) fn clear(&mut self) {
        let hashes = self.hashes.as_ref().map(|_| FxHashMap::default());
        self.note_everything();
        *self = Self {
            hashes,
            changes: self.changes.take(),
            ..Self::new(self.max_capacity)
        };
    }

    /// Notes that lines of a page may be different now.
    pub(crate) fn note_change(&mut self, page: u64, lines: u64) {
        if let Some(changes) = &mut self.changes {
            changes.add(page, lines);
        }
    }

    /// Notes that everything may be different now.
    pub(crate) fn note_everything(&mut self) {
        if let Some(changes) = &mut self.changes {
            changes.everything = true;
        }
    }

    #[inline]
    pub(crate) fn page(&self, slot: usize) -> &[u8] {
        let (chunk, page) = locate(slot);
        let start = page * PAGE_SIZE;
        &self.chunks[chunk][start..start + PAGE_SIZE]
    }

    pub(crate) fn page_mut(&mut self, slot: usize) -> &mut [u8] {
        let (chunk, page) = locate(slot);
        let start = page * PAGE_SIZE;
        &mut self.chunks[chunk][start..start + PAGE_SIZE]
    }

    /// The memory of `runs` of slots (first slot, number of slots), which are in
    /// ascending order and each within one chunk.
    pub(crate) fn runs_mut(
        &mut self,
        runs: impl Iterator<Item = (usize, usize)>,
    ) -> Vec<&mut [u8]> {
        let mut found = Vec::new();
        let mut runs = runs.peekable();
        for (number, chunk) in self.chunks.iter_mut().enumerate() {
            let mut rest = &mut chunk[..];
            let mut at = 0;
            while let Some((first, count)) = runs.next_if(|(first, _)| locate(*first).0 == number) {
                let (_, page) = locate(first);
                let (_, behind) = rest.split_at_mut((page - at) * PAGE_SIZE);
                let (run, behind) = behind.split_at_mut(count * PAGE_SIZE);
                found.push(run);
                (rest, at) = (behind, page + count);
            }
        }
        found
    }

    /// Empty slots to be filled, in ascending order: at least one, at most `wanted`.
    /// Free slots are taken first; otherwise the oldest pages make room.
    pub(crate) fn make_room(&mut self, wanted: usize) -> Vec<usize> {
        let mut slots = self.take_free(wanted);
        if slots.is_empty() {
            slots.extend(self.take_next(wanted));
        }
        slots
    }

    fn take_free(&mut self, wanted: usize) -> Vec<usize> {
        if wanted > 1 {
            // Neighbouring slots are filled by one piece.
            self.free.sort_unstable_by(|a, b| b.cmp(a));
        }
        let left = self.free.len().saturating_sub(wanted);
        let mut slots = self.free.split_off(left);
        slots.reverse();
        slots
    }

    /// New slots, or the slots that were filled first, all within one chunk.
    fn take_next(&mut self, wanted: usize) -> Range<usize> {
        if self.next >= self.capacity.max(CROWDED_PAGES + 1) {
            self.shrink();
        }
        if self.next >= self.capacity {
            self.next = 0;
        }
        let first = self.next;
        let (chunk, page) = locate(first);
        let chunk_end = (first - page + pages_of(chunk)).min(self.capacity);
        let end = chunk_end.min(first.saturating_add(wanted));
        if chunk == self.chunks.len() {
            // A whole chunk, because the capacity may grow later.
            let bytes = pages_of(chunk) * PAGE_SIZE;
            self.chunks.push(zeroed(bytes, chunk > 0));
        }
        if self.owners.len() < end {
            self.owners.resize(end, NO_PAGE);
            self.read_for.resize(end, ReadFor::Main);
        }
        for slot in first..end {
            self.drop_page(slot);
        }
        self.next = end;
        first..end
    }

    /// Allocates memory for `count` more pages, within the capacity.
    pub(crate) fn reserve(&mut self, count: usize) {
        let fresh = self.capacity.saturating_sub(self.owners.len());
        let mut missing = count.saturating_sub(self.free.len()).min(fresh);
        while missing > 0 {
            let slots = self.take_next(missing);
            missing -= slots.len();
            for slot in slots {
                // Writing makes the kernel provide the memory now.
                self.page_mut(slot)[0] = 0;
                self.free.push(slot);
            }
        }
    }

    /// Drops all but a few pages: when not all pages can be held, a large cache
    /// serves no better than one for what is read at a time.
    fn shrink(&mut self) {
        let remaining = CROWDED_PAGES;
        for slot in remaining..self.owners.len() {
            self.drop_page(slot);
        }
        let (chunks, _) = locate(remaining);
        self.capacity = remaining;
        self.chunks.truncate(chunks);
        self.owners.truncate(remaining);
        self.read_for.truncate(remaining);
        self.free.retain(|slot| *slot < remaining);
    }

    fn drop_page(&mut self, slot: usize) {
        let page = std::mem::replace(&mut self.owners[slot], NO_PAGE);
        if page == NO_PAGE {
            return;
        }
        self.index.remove(&page);
        self.note_everything();
        self.dropped += 1;
        if self.hashes.is_some() && self.read_for[slot] != ReadFor::Neighbour {
            let hash = hash(self.page(slot));
            let known = self.hashes.as_mut().and_then(|all| all.insert(page, hash));
            self.inconsistent |= known.is_some_and(|known| known != hash);
        }
    }

    /// Everything the store has of pages that were read, by page number. A page that
    /// made room and was read again is in it twice.
    pub(crate) fn all_known(&self) -> Vec<(u64, Known)> {
        let aside = self.held(ReadFor::Aside);
        let held = self.held(ReadFor::Main).into_iter().chain(aside);
        let dropped = self.hashes.iter().flatten();
        let mut all: Vec<_> = held
            .map(|(page, slot)| (page, Known::Held(slot)))
            .chain(dropped.map(|(page, hash)| (*page, Known::Dropped(*hash))))
            .collect();
        all.sort_unstable_by_key(|(page, _)| *page);
        all
    }

    /// Whether `bytes` equal the page that was read before.
    pub(crate) fn is_same(&self, known: Known, bytes: &[u8]) -> bool {
        match known {
            Known::Held(slot) => self.page(slot) == bytes,
            Known::Dropped(known) => hash(bytes) == known,
        }
    }

    /// Takes back a slot that [`Self::make_room`] gave.
    pub(crate) fn give_back(&mut self, slot: usize) {
        self.free.push(slot);
    }

    /// Forgets the page in `slot`.
    pub(crate) fn forget(&mut self, page: u64, slot: usize) {
        self.index.remove(&page);
        self.owners[slot] = NO_PAGE;
        self.free.push(slot);
        self.note_change(page, ALL);
    }

    /// Forgets the pages that were read for `part`.
    pub(crate) fn forget_all(&mut self, part: ReadFor) {
        for (page, slot) in self.held(part) {
            self.forget(page, slot);
        }
    }

    pub(crate) fn keep(&mut self, page: u64, slot: usize, read_for: ReadFor) {
        self.index.insert(page, slot as u32);
        self.owners[slot] = page;
        self.read_for[slot] = read_for;
        self.note_change(page, ALL);
    }

    /// Page number and slot of the pages that were read for `part`, by page number.
    pub(crate) fn held(&self, part: ReadFor) -> Vec<(u64, usize)> {
        let slots = self.owners.iter().copied().zip(&self.read_for).zip(0..);
        let mut held: Vec<(u64, usize)> = slots
            .filter(|((page, read_for), _)| *page != NO_PAGE && **read_for == part)
            .map(|((page, _), slot)| (page, slot))
            .collect();
        held.sort_unstable();
        held
    }

    /// Takes over the capacity and the settings of `other`. Returns false, and does
    /// nothing, when this store holds more pages than `other` may.
    pub(crate) fn succeed(&mut self, other: &Self) -> bool {
        if self.owners.len() > other.max_capacity {
            return false;
        }
        self.max_capacity = other.max_capacity;
        self.capacity = other.max_capacity;
        if other.hashes.is_some() {
            self.remember_dropped();
        }
        self.changes = (other.changes.as_ref()).map(|_| CacheChanges::everything());
        true
    }

    pub(crate) fn remember_bad(&mut self, page: u64) {
        if self.bad >= self.capacity {
            self.index.retain(|_, slot| *slot != BAD);
            self.bad = 0;
        }
        self.index.insert(page, BAD);
        self.bad += 1;
    }

    /// Numbers of the pages that could not be read.
    pub(crate) fn bad_pages(&self) -> impl Iterator<Item = u64> {
        let bad = self.index.iter().filter(|(_, slot)| **slot == BAD);
        bad.map(|(page, _)| *page)
    }

    pub(crate) fn missing(&self, pages: RangeInclusive<u64>) -> Vec<u64> {
        pages
            .filter(|page| !self.index.contains_key(page))
            .collect()
    }

    /// Numbers of the pages of `ranges` (address, length in bytes) that were not
    /// read yet, sorted, each once, at most as many as the capacity.
    pub(crate) fn missing_of(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) -> Vec<u64> {
        let mut pages: Vec<u64> = Vec::new();
        let mut last = NO_PAGE;
        // Duplicates are removed before the list outgrows twice the capacity.
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

fn hash(page: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(page);
    hasher.finish()
}
