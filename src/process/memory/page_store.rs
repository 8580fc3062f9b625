//! Where a page cache keeps its pages.

use std::alloc::Layout;
use std::hash::Hasher;
use std::ops::{Range, RangeInclusive};

use memmap2::{Advice, MmapMut};
use rustc_hash::{FxHashMap, FxHasher};

/// The unit that is read and kept. Larger pages of the target are multiples.
pub(crate) const PAGE_SIZE: usize = 4096;
pub(crate) const PAGE_SHIFT: u32 = PAGE_SIZE.trailing_zeros();
/// Pages per allocation, and per batch: what one `process_vm_readv` takes.
/// The allocation is zeroed lazily by the kernel, so its unused part is free.
pub(crate) const CHUNK_PAGES: usize = 1024;
/// Pages of the first allocation, which is of small pages: to look at the threads
/// alone takes no more, and to clear a huge one would cost as much as all of that.
const FIRST_CHUNK_PAGES: usize = 512;
/// Pages that are held when more are read than can be held: 16 MiB and some, whole
/// allocations.
const CROWDED_PAGES: usize = FIRST_CHUNK_PAGES + 4 * CHUNK_PAGES;
/// Marks a page that cannot be read, in place of its slot.
pub(crate) const BAD: u32 = u32::MAX;
/// No page has this number: numbers are addresses without their low 12 bits.
pub(crate) const NO_PAGE: u64 = u64::MAX;

/// A bounded set of pages, in slots that are reused in turn.
#[derive(Debug)]
pub(crate) struct Store {
    /// Page number → slot, or `BAD`.
    pub(crate) index: FxHashMap<u64, u32>,
    /// Slot → page number, or `NO_PAGE`.
    pub(crate) owners: Vec<u64>,
    /// Of each slot, whether its page was read aside.
    pub(crate) aside: Vec<bool>,
    chunks: Vec<MmapMut>,
    /// The slot that is filled next.
    next: usize,
    /// Slots that hold no page, though their memory is at hand.
    free: Vec<usize>,
    /// Slots there may be: fewer, once there was more to hold.
    capacity: usize,
    /// Slots there may be at first.
    most: usize,
    pub(crate) bad: usize,
    pub(crate) dropped: u64,
    /// Hashes of pages that made room for others, if those are to be compared.
    prints: Option<FxHashMap<u64, u64>>,
    /// Whether one of those was otherwise when it was read once more.
    pub(crate) torn: bool,
}

/// What is known of a page that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known {
    /// All of it, in this slot.
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
            aside: Vec::new(),
            chunks: Vec::new(),
            next: 0,
            free: Vec::new(),
            capacity: pages.clamp(1, BAD as usize),
            most: pages.clamp(1, BAD as usize),
            bad: 0,
            dropped: 0,
            prints: None,
            torn: false,
        }
    }

    /// From now on it is known what was in pages that made room for others.
    pub(crate) fn remember_dropped(&mut self) {
        self.prints = Some(FxHashMap::default());
    }

    /// Frees everything.
    pub(crate) fn clear(&mut self) {
        let prints = self.prints.as_ref().map(|_| FxHashMap::default());
        *self = Self {
            prints,
            ..Self::new(self.most)
        };
    }

    #[inline]
    pub(crate) fn page(&self, slot: usize) -> &[u8] {
        let (chunk, page) = place(slot);
        let start = page * PAGE_SIZE;
        &self.chunks[chunk][start..start + PAGE_SIZE]
    }

    pub(crate) fn page_mut(&mut self, slot: usize) -> &mut [u8] {
        let (chunk, page) = place(slot);
        let start = page * PAGE_SIZE;
        &mut self.chunks[chunk][start..start + PAGE_SIZE]
    }

    /// The memory of runs of slots (first, count): ascending, each within one chunk.
    pub(crate) fn runs_mut(
        &mut self,
        runs: impl Iterator<Item = (usize, usize)>,
    ) -> Vec<&mut [u8]> {
        let mut found = Vec::new();
        let mut runs = runs.peekable();
        for (number, chunk) in self.chunks.iter_mut().enumerate() {
            let mut rest = &mut chunk[..];
            let mut at = 0;
            while let Some((first, count)) = runs.next_if(|(first, _)| place(*first).0 == number) {
                let (_, page) = place(first);
                let (_, behind) = rest.split_at_mut((page - at) * PAGE_SIZE);
                let (run, behind) = behind.split_at_mut(count * PAGE_SIZE);
                found.push(run);
                (rest, at) = (behind, page + count);
            }
        }
        found
    }

    /// Slots to be filled, ascending: at most `wanted`, at least one, and without the
    /// pages that were in them. Those come first whose pages were forgotten.
    pub(crate) fn make_room(&mut self, wanted: usize) -> Vec<usize> {
        let mut slots = self.take_free(wanted);
        if slots.is_empty() {
            slots.extend(self.take_next(wanted));
        }
        slots
    }

    fn take_free(&mut self, wanted: usize) -> Vec<usize> {
        if wanted > 1 {
            // Next to each other they are filled together.
            self.free.sort_unstable_by(|a, b| b.cmp(a));
        }
        let left = self.free.len().saturating_sub(wanted);
        let mut slots = self.free.split_off(left);
        slots.reverse();
        slots
    }

    /// Slots that were not filled yet, or else those that were filled first, all of
    /// one chunk.
    fn take_next(&mut self, wanted: usize) -> Range<usize> {
        if self.next >= self.capacity.max(CROWDED_PAGES + 1) {
            self.shrink();
        }
        if self.next >= self.capacity {
            self.next = 0;
        }
        let first = self.next;
        let (chunk, page) = place(first);
        let chunk_end = (first - page + pages_of(chunk)).min(self.capacity);
        let end = chunk_end.min(first.saturating_add(wanted));
        if chunk == self.chunks.len() {
            // All of it: there may be more slots one day.
            let bytes = pages_of(chunk) * PAGE_SIZE;
            self.chunks.push(zeroed(bytes, chunk > 0));
        }
        if self.owners.len() < end {
            self.owners.resize(end, NO_PAGE);
            self.aside.resize(end, false);
        }
        for slot in first..end {
            self.drop_page(slot);
        }
        self.next = end;
        first..end
    }

    /// Makes sure that `count` more pages find their memory at hand, as far as there
    /// may be so many.
    pub(crate) fn reserve(&mut self, count: usize) {
        let fresh = self.capacity.saturating_sub(self.owners.len());
        let mut missing = count.saturating_sub(self.free.len()).min(fresh);
        while missing > 0 {
            let slots = self.take_next(missing);
            missing -= slots.len();
            for slot in slots {
                // Written to, or the kernel would find memory for it only later.
                self.page_mut(slot)[0] = 0;
                self.free.push(slot);
            }
        }
    }

    /// Drops all but a few pages: where not all can be held, many serve no better
    /// than what is read at a time.
    fn shrink(&mut self) {
        let left = CROWDED_PAGES;
        for slot in left..self.owners.len() {
            self.drop_page(slot);
        }
        let (chunks, _) = place(left);
        self.capacity = left;
        self.chunks.truncate(chunks);
        self.owners.truncate(left);
        self.aside.truncate(left);
        self.free.retain(|slot| *slot < left);
    }

    fn drop_page(&mut self, slot: usize) {
        let page = std::mem::replace(&mut self.owners[slot], NO_PAGE);
        if page == NO_PAGE {
            return;
        }
        self.index.remove(&page);
        self.dropped += 1;
        if self.prints.is_some() {
            let print = print(self.page(slot));
            let known = self.prints.as_mut().and_then(|all| all.insert(page, print));
            self.torn |= known.is_some_and(|known| known != print);
        }
    }

    /// All that is known of pages that were read, by page: of one that made room
    /// and was read once more, both.
    pub(crate) fn all_known(&self) -> Vec<(u64, Known)> {
        let held = self.held(false).into_iter().chain(self.held(true));
        let dropped = self.prints.iter().flatten();
        let mut all: Vec<_> = held
            .map(|(page, slot)| (page, Known::Held(slot)))
            .chain(dropped.map(|(page, print)| (*page, Known::Dropped(*print))))
            .collect();
        all.sort_unstable_by_key(|(page, _)| *page);
        all
    }

    /// Whether `bytes` are those of a page that was read before.
    pub(crate) fn is_same(&self, known: Known, bytes: &[u8]) -> bool {
        match known {
            Known::Held(slot) => self.page(slot) == bytes,
            Known::Dropped(known) => print(bytes) == known,
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
    }

    pub(crate) fn keep(&mut self, page: u64, slot: usize, aside: bool) {
        self.index.insert(page, slot as u32);
        self.owners[slot] = page;
        self.aside[slot] = aside;
    }

    /// The slots whose pages were read aside, or those of all others, by page.
    pub(crate) fn held(&self, aside: bool) -> Vec<(u64, usize)> {
        let slots = self.owners.iter().copied().zip(&self.aside).zip(0..);
        let mut held: Vec<(u64, usize)> = slots
            .filter(|((page, is_aside), _)| *page != NO_PAGE && **is_aside == aside)
            .map(|((page, _), slot)| (page, slot))
            .collect();
        held.sort_unstable();
        held
    }

    /// Takes the place of `other`: may hold as many pages, and remembers as much of
    /// those that make room. Not if it holds more than that by now.
    pub(crate) fn succeed(&mut self, other: &Self) -> bool {
        if self.owners.len() > other.most {
            return false;
        }
        self.most = other.most;
        self.capacity = other.most;
        if other.prints.is_some() {
            self.remember_dropped();
        }
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

    /// The pages that could not be read.
    pub(crate) fn bad_pages(&self) -> impl Iterator<Item = u64> {
        let bad = self.index.iter().filter(|(_, slot)| **slot == BAD);
        bad.map(|(page, _)| *page)
    }

    pub(crate) fn missing(&self, pages: RangeInclusive<u64>) -> Vec<u64> {
        pages
            .filter(|page| !self.index.contains_key(page))
            .collect()
    }

    /// The pages of `ranges` that are not known yet, sorted, without doubles,
    /// at most as many as there may be slots.
    pub(crate) fn missing_of(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) -> Vec<u64> {
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

fn print(page: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(page);
    hasher.finish()
}

/// Pages that follow each other in slots of one chunk that do: the first of each, and
/// how many they are.
pub(crate) fn runs(pages: &[u64], slots: &[usize]) -> Vec<(u64, usize, usize)> {
    let mut runs: Vec<(u64, usize, usize)> = Vec::new();
    for (&page, &slot) in pages.iter().zip(slots) {
        match runs.last_mut() {
            Some((first, at, count))
                if *first + *count as u64 == page && *at + *count == slot && place(slot).1 > 0 =>
            {
                *count += 1;
            }
            _ => runs.push((page, slot, 1)),
        }
    }
    runs
}

/// The chunk that a slot is in, and which page of it that is.
#[inline]
fn place(slot: usize) -> (usize, usize) {
    match slot.checked_sub(FIRST_CHUNK_PAGES) {
        None => (0, slot),
        Some(slot) => (1 + slot / CHUNK_PAGES, slot % CHUNK_PAGES),
    }
}

fn pages_of(chunk: usize) -> usize {
    match chunk {
        0 => FIRST_CHUNK_PAGES,
        _ => CHUNK_PAGES,
    }
}

/// Zeroed memory, if wanted in huge pages where the kernel has them: where most
/// of it is used, a fault for each small page would cost as much as copying it.
fn zeroed(bytes: usize, huge: bool) -> MmapMut {
    let Ok(chunk) = MmapMut::map_anon(bytes) else {
        let layout = Layout::array::<u8>(bytes).unwrap_or(Layout::new::<u8>());
        std::alloc::handle_alloc_error(layout);
    };
    if huge {
        // Without huge pages it is only slower.
        let _ = chunk.advise(Advice::HugePage);
    }
    chunk
}
