//! Pages of a target that were read once and serve every later read.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashSet;

use super::memory::{Memory, Piece, ReadCause, ReadError, ReadStats};
use super::page_store::{BAD, CHUNK_PAGES, NO_PAGE, PAGE_SHIFT, PAGE_SIZE, Store};

/// Pages kept unless asked otherwise: 512 MiB.
const DEFAULT_PAGES: usize = 131_072;
/// Pages reread at once: few enough to stay in the processor's cache.
const REREAD_PAGES: usize = 256;

/// What a cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Pages held now.
    pub pages: usize,
    /// Pages known to be unreadable.
    pub bad_pages: usize,
    /// Pages that made room for newer ones. While this is not 0,
    /// [`PageCache::reread_differs`] has not seen all that was read.
    pub dropped: u64,
}

/// A bounded cache of pages over another memory. When it is full, the page
/// that came first goes first.
#[derive(Debug)]
pub struct PageCache<M> {
    source: M,
    /// The page that served the last read, and its slot.
    last: Cell<(u64, u32)>,
    store: RefCell<Store>,
    /// Where pages are reread to, kept for the next time: to reread is what a
    /// stopped process waits for, and fresh memory would make it wait longer.
    scratch: RefCell<Vec<u8>>,
}

impl<M: Memory> PageCache<M> {
    /// A cache of up to 512 MiB over `source`.
    pub fn new(source: M) -> Self {
        Self::with_capacity(source, DEFAULT_PAGES)
    }

    /// A cache of up to `pages` pages of 4 KiB (at least one) over `source`.
    pub fn with_capacity(source: M, pages: usize) -> Self {
        Self {
            source,
            last: Cell::new((NO_PAGE, 0)),
            store: RefCell::new(Store::new(pages)),
            scratch: RefCell::default(),
        }
    }

    /// The memory under the cache.
    pub fn source(&self) -> &M {
        &self.source
    }

    /// Forgets all pages, and frees them.
    pub fn clear(&self) {
        self.last.set((NO_PAGE, 0));
        self.store.borrow_mut().clear();
    }

    /// The numbers of the pages held now (an address without its low 12 bits).
    pub fn held_pages(&self) -> FxHashSet<u64> {
        let store = self.store.borrow();
        let held = store.owners.iter().copied();
        held.filter(|page| *page != NO_PAGE).collect()
    }

    /// Forgets one page: it is read again when it is wanted next.
    pub fn forget(&self, page: u64) {
        self.last.set((NO_PAGE, 0));
        let mut store = self.store.borrow_mut();
        match store.index.remove(&page) {
            Some(BAD) => store.bad -= 1,
            Some(slot) => store.owners[slot as usize] = NO_PAGE,
            None => {}
        }
    }

    /// What the cache holds.
    pub fn cache_stats(&self) -> CacheStats {
        let store = self.store.borrow();
        CacheStats {
            pages: store.index.len() - store.bad,
            bad_pages: store.bad,
            dropped: store.dropped,
        }
    }

    /// Reads all cached pages again, keeps what it read, and says how many
    /// pages are different from before: changed, gone, or readable only now.
    pub fn reread_differs(&self) -> u64 {
        self.last.set((NO_PAGE, 0));
        let mut store = self.store.borrow_mut();
        let mut scratch = self.scratch.borrow_mut();
        scratch.resize(REREAD_PAGES * PAGE_SIZE, 0);
        let mut differing = 0;
        for first in (0..store.owners.len()).step_by(REREAD_PAGES) {
            differing += self.reread_slots(&mut store, first, &mut scratch);
        }
        differing + self.recheck_bad(&mut store)
    }

    fn reread_slots(&self, store: &mut Store, first: usize, scratch: &mut [u8]) -> u64 {
        let end = (first + REREAD_PAGES).min(store.owners.len());
        let owners = &store.owners[first..end];
        let held: Vec<(u64, usize)> = (owners.iter().copied().zip(first..))
            .filter(|(page, _)| *page != NO_PAGE)
            .collect();
        let pages: Vec<u64> = held.iter().map(|(page, _)| *page).collect();
        let read = self.read_pages(&pages, &mut scratch[..pages.len() * PAGE_SIZE]);
        let mut differing = 0;
        let fresh = scratch.chunks_exact(PAGE_SIZE);
        for (((page, slot), new), read) in held.into_iter().zip(fresh).zip(read) {
            if !read {
                store.index.remove(&page);
                store.owners[slot] = NO_PAGE;
                differing += 1;
            } else if store.page(slot) != new {
                store.page_mut(slot).copy_from_slice(new);
                differing += 1;
            }
        }
        differing
    }

    fn recheck_bad(&self, store: &mut Store) -> u64 {
        if store.bad == 0 {
            return 0;
        }
        let before = store.bad;
        let source = &self.source;
        store.index.retain(|page, slot| {
            *slot != BAD || source.read(page << PAGE_SHIFT, &mut [0]).is_err()
        });
        store.bad = store.index.values().filter(|slot| **slot == BAD).count();
        (before - store.bad) as u64
    }

    /// Reads `pages` into consecutive pages of `buf`; says of each whether it
    /// could be read. Pages that follow each other are read as one piece.
    fn read_pages(&self, pages: &[u64], buf: &mut [u8]) -> Vec<bool> {
        let runs: Vec<&[u64]> = pages.chunk_by(|a, b| a + 1 == *b).collect();
        let mut pieces = Vec::with_capacity(runs.len());
        let mut rest = &mut *buf;
        for run in &runs {
            let (front, behind) = rest.split_at_mut(run.len() * PAGE_SIZE);
            pieces.push(Piece::new(run[0] << PAGE_SHIFT, front));
            rest = behind;
        }
        self.source.read_many(&mut pieces);
        let done: Vec<bool> = pieces.iter().map(|piece| piece.done).collect();
        drop(pieces);

        let mut read = Vec::with_capacity(pages.len());
        for (run, done) in runs.iter().zip(done) {
            let first = read.len();
            read.resize(first + run.len(), done);
            if !done && run.len() > 1 {
                // One bad page fails its whole piece: take them one by one.
                let part = &mut buf[first * PAGE_SIZE..(first + run.len()) * PAGE_SIZE];
                let mut singles: Vec<Piece<'_>> = (run.iter())
                    .zip(part.chunks_exact_mut(PAGE_SIZE))
                    .map(|(page, buf)| Piece::new(page << PAGE_SHIFT, buf))
                    .collect();
                self.source.read_many(&mut singles);
                for (read, single) in read[first..].iter_mut().zip(&singles) {
                    *read = single.done;
                }
            }
        }
        read
    }

    /// Fetches `pages` (sorted, without doubles, none cached) in batches.
    fn fetch(&self, mut pages: &[u64]) {
        self.last.set((NO_PAGE, 0));
        while !pages.is_empty() {
            let mut store = self.store.borrow_mut();
            let (slot, count) = store.make_room(pages.len());
            let (batch, later) = pages.split_at(count);
            let read = self.read_pages(batch, store.pages_mut(slot, count));
            let mut failed = Vec::new();
            for ((page, read), slot) in batch.iter().zip(read).zip(slot..) {
                if read {
                    store.keep(*page, slot);
                } else {
                    failed.push(*page);
                }
            }
            store.next = slot + count;
            drop(store);
            for page in failed {
                // Says why, and remembers pages that are not there.
                match self.load(page) {
                    Err(ReadCause::Gone | ReadCause::Denied) => return,
                    Ok(_) | Err(ReadCause::Unmapped) => {}
                }
            }
            pages = later;
        }
    }

    /// The slot of `page`, which is read if need be.
    fn load(&self, page: u64) -> Result<u32, ReadCause> {
        let mut store = self.store.borrow_mut();
        match store.index.get(&page) {
            Some(&BAD) => return Err(ReadCause::Unmapped),
            Some(&slot) => return Ok(slot),
            None => {}
        }
        self.last.set((NO_PAGE, 0));
        let (slot, _) = store.make_room(1);
        match self.source.read(page << PAGE_SHIFT, store.page_mut(slot)) {
            Ok(()) => {
                store.keep(page, slot);
                store.next = slot + 1;
                Ok(slot as u32)
            }
            Err(error) => {
                if error.cause == ReadCause::Unmapped {
                    store.remember_bad(page);
                }
                Err(error.cause)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn read_across(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadCause> {
        let Some(last_byte) = (buf.len() as u64).checked_sub(1) else {
            return Ok(());
        };
        let end = addr.checked_add(last_byte).ok_or(ReadCause::Unmapped)? >> PAGE_SHIFT;
        let mut page = addr >> PAGE_SHIFT;
        let mut offset = addr as usize % PAGE_SIZE;
        let mut rest = buf;
        while page <= end {
            let window_end = end.min(page + CHUNK_PAGES as u64 - 1);
            if page < window_end {
                let missing = self.store.borrow().missing(page..=window_end);
                self.fetch(&missing);
            }
            while page <= window_end {
                let slot = self.load(page)?;
                let len = rest.len().min(PAGE_SIZE - offset);
                let (front, behind) = rest.split_at_mut(len);
                let store = self.store.borrow();
                front.copy_from_slice(&store.page(slot as usize)[offset..offset + len]);
                self.last.set((page, slot));
                rest = behind;
                offset = 0;
                page += 1;
            }
        }
        Ok(())
    }
}

impl<M: Memory> Memory for PageCache<M> {
    #[inline]
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let page = addr >> PAGE_SHIFT;
        let offset = addr as usize % PAGE_SIZE;
        let len = buf.len();
        // False for no bytes at all too.
        if len.wrapping_sub(1) < PAGE_SIZE - offset {
            let (last_page, last_slot) = self.last.get();
            let slot = if page == last_page {
                last_slot
            } else {
                let slot = self
                    .load(page)
                    .map_err(|cause| ReadError { addr, len, cause })?;
                self.last.set((page, slot));
                slot
            };
            let store = self.store.borrow();
            buf.copy_from_slice(&store.page(slot as usize)[offset..offset + len]);
            return Ok(());
        }
        self.read_across(addr, buf)
            .map_err(|cause| ReadError { addr, len, cause })
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        self.prefetch(&mut pieces.iter().map(|piece| (piece.addr, piece.buf.len())));
        for piece in pieces {
            piece.done = self.read(piece.addr, piece.buf).is_ok();
        }
    }

    /// Fetches the pages of `ranges` that are not cached yet, each once, in as
    /// few system calls as possible; at most as many as the cache can hold.
    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        let pages = self.store.borrow().missing_of(ranges);
        self.fetch(&pages);
    }

    fn stats(&self) -> ReadStats {
        self.source.stats()
    }
}
