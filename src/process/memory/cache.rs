//! Pages of a target that were read once and serve every later read.

mod reread;

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashSet;

use super::page_store::{BAD, CHUNK_PAGES, NO_PAGE, PAGE_SHIFT, PAGE_SIZE, Store, runs};
use super::{Memory, Piece, ReadCause, ReadError, ReadStats};
use crate::limits::PAGES;

/// Pages that are found without a look into the index.
const RECENT: usize = 256;
/// Pages that are fetched with one that is missing when there is more to read than
/// the cache can hold: what lies together is mostly wanted together.
const CROWDED_AHEAD: u64 = 32;

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
    /// Pages that served the last reads, by their low bits, and their slots.
    recent: Box<[Cell<(u64, u32)>; RECENT]>,
    store: RefCell<Store>,
    /// Whether what is read now is read aside.
    aside: Cell<bool>,
    /// Pages that are fetched with one that is missing.
    ahead: u64,
    /// Where pages are reread to. To reread is what a stopped process waits for,
    /// and fresh memory would make it wait longer.
    scratch: RefCell<Box<[u8]>>,
}

impl<M: Memory> PageCache<M> {
    /// A cache of up to [`PAGES`] pages over `source`.
    pub fn new(source: M) -> Self {
        Self::with_capacity(source, PAGES)
    }

    /// A cache of up to `pages` pages of 4 KiB (at least one) over `source`.
    pub fn with_capacity(source: M, pages: usize) -> Self {
        Self {
            source,
            recent: Box::new([const { Cell::new((NO_PAGE, 0)) }; RECENT]),
            aside: Cell::new(false),
            ahead: 1,
            store: RefCell::new(Store::new(pages)),
            scratch: RefCell::default(),
        }
    }

    /// Fetches, with each page that is missing, those around it: `pages` in
    /// all. For reading through most of a memory.
    pub fn reading_ahead(self, pages: u64) -> Self {
        let ahead = pages.max(1);
        Self { ahead, ..self }
    }

    /// Lets [`Self::is_unchanged`] compare also what made room for newer pages.
    pub fn remembering_dropped(self) -> Self {
        self.store.borrow_mut().remember_dropped();
        self
    }

    /// The memory under the cache.
    pub fn source(&self) -> &M {
        &self.source
    }

    /// Forgets all pages, and frees them.
    pub fn clear(&self) {
        self.forget_recent();
        self.store.borrow_mut().clear();
    }

    /// The numbers of the pages held now (an address without its low 12 bits),
    /// those that were read aside too if asked for.
    pub fn held_pages(&self, aside_too: bool) -> FxHashSet<u64> {
        let store = self.store.borrow();
        let aside = match aside_too {
            true => store.held(true),
            false => Vec::new(),
        };
        let held = store.held(false).into_iter().chain(aside);
        held.map(|(page, _)| page).collect()
    }

    /// From now on pages are read aside, or no longer: [`Self::reread_differs`]
    /// leaves those alone. A page that is read otherwise later on is as the rest.
    pub fn read_aside(&self, aside: bool) {
        self.forget_recent();
        self.aside.set(aside);
    }

    /// Forgets the pages that were read aside.
    pub fn forget_aside(&self) {
        self.forget_recent();
        let mut store = self.store.borrow_mut();
        for (page, slot) in store.held(true) {
            store.forget(page, slot);
        }
    }

    /// Takes over the pages of another cache of the same memory, as if they had
    /// been read aside, unless that has dropped any, or this may not hold them.
    pub fn adopt(&self, other: Self) {
        let mut store = other.store.into_inner();
        store.aside.fill(true);
        if store.dropped == 0 && store.succeed(&self.store.borrow()) {
            self.forget_recent();
            *self.store.borrow_mut() = store;
        }
    }

    #[inline]
    fn recent_of(&self, page: u64) -> &Cell<(u64, u32)> {
        &self.recent[page as usize % RECENT]
    }

    fn forget_recent(&self) {
        for recent in self.recent.iter() {
            recent.set((NO_PAGE, 0));
        }
    }

    /// Forgets one page: it is read again when it is wanted next.
    pub fn forget(&self, page: u64) {
        self.forget_recent();
        let mut store = self.store.borrow_mut();
        match store.index.get(&page) {
            Some(&BAD) => {
                store.index.remove(&page);
                store.bad -= 1;
            }
            Some(&slot) => store.forget(page, slot as usize),
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

    /// Reads `pages` into consecutive pages of `buf`; says of each whether it
    /// could be read. Pages that follow each other are read as one piece.
    fn read_pages(&self, pages: &[u64], buf: &mut [u8]) -> Vec<bool> {
        let mut pieces = Vec::new();
        let mut rest = buf;
        for run in pages.chunk_by(|a, b| a + 1 == *b) {
            let (front, behind) = rest.split_at_mut(run.len() * PAGE_SIZE);
            pieces.push(Piece::new(run[0] << PAGE_SHIFT, front));
            rest = behind;
        }
        self.read_pieces(pieces)
    }

    /// The same into slots, in ascending order.
    fn read_into(&self, store: &mut Store, pages: &[u64], slots: &[usize]) -> Vec<bool> {
        let runs = runs(pages, slots);
        let to = store.runs_mut(runs.iter().map(|(_, slot, count)| (*slot, *count)));
        let pieces = runs.iter().zip(to);
        let pieces = pieces.map(|((page, ..), to)| Piece::new(page << PAGE_SHIFT, to));
        self.read_pieces(pieces.collect())
    }

    /// Reads whole pages; says of each whether it could be read.
    fn read_pieces(&self, mut pieces: Vec<Piece<'_>>) -> Vec<bool> {
        self.source.read_many(&mut pieces);
        let mut read = Vec::new();
        for piece in pieces {
            let first = read.len();
            let count = piece.buf.len() / PAGE_SIZE;
            read.resize(first + count, piece.done);
            if !piece.done && count > 1 {
                // One bad page fails its whole piece: take them one by one.
                let addrs = (piece.addr..).step_by(PAGE_SIZE);
                let mut singles: Vec<Piece<'_>> = addrs
                    .zip(piece.buf.chunks_exact_mut(PAGE_SIZE))
                    .map(|(addr, buf)| Piece::new(addr, buf))
                    .collect();
                self.source.read_many(&mut singles);
                for (read, single) in read[first..].iter_mut().zip(&singles) {
                    *read = single.done;
                }
            }
        }
        read
    }

    /// Does in advance what can be done so that to fetch `ranges` is quick.
    pub fn make_room_for(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        let mut store = self.store.borrow_mut();
        let missing = store.missing_of(ranges).len();
        store.reserve(missing);
    }

    /// Fetches `pages` (sorted, without doubles, none cached) in batches.
    fn fetch(&self, mut pages: &[u64]) {
        while !pages.is_empty() {
            let failed;
            (pages, failed) = self.fetch_batch(pages);
            for page in failed {
                // Says why, and remembers pages that are not there.
                match self.load(page) {
                    Err(ReadCause::Gone | ReadCause::Denied) => return,
                    Ok(_) | Err(ReadCause::Unmapped | ReadCause::NotRecorded) => {}
                }
            }
        }
    }

    /// Fetches as many of `pages` as there is room for at once; gives the rest, and
    /// those that could not be read.
    fn fetch_batch<'p>(&self, pages: &'p [u64]) -> (&'p [u64], Vec<u64>) {
        self.forget_recent();
        let mut store = self.store.borrow_mut();
        let slots = store.make_room(pages.len());
        let (batch, later) = pages.split_at(slots.len());
        let read = self.read_into(&mut store, batch, &slots);
        let mut failed = Vec::new();
        for ((page, slot), read) in batch.iter().zip(slots).zip(read) {
            if read {
                store.keep(*page, slot, self.aside.get());
            } else {
                store.give_back(slot);
                failed.push(*page);
            }
        }
        (later, failed)
    }

    /// Fetches those of `pages` that lie around `wanted`. Whether it is among them,
    /// there may not have been room for all, is for the caller to see.
    fn fetch_around(&self, wanted: u64, pages: &[u64]) {
        let mut runs = pages.chunk_by(|a, b| a + 1 == *b);
        if let Some(run) = runs.find(|run| run.contains(&wanted)) {
            self.fetch_batch(run);
        }
    }

    /// The slot of `page`, which is read if need be.
    fn load(&self, page: u64) -> Result<u32, ReadCause> {
        let mut store = self.store.borrow_mut();
        match store.index.get(&page) {
            Some(&BAD) => return Err(ReadCause::Unmapped),
            Some(&slot) => {
                let aside = self.aside.get();
                store.aside[slot as usize] &= aside;
                return Ok(slot);
            }
            None => {}
        }
        let ahead = match store.dropped {
            0 => self.ahead,
            _ => self.ahead.max(CROWDED_AHEAD),
        };
        if ahead > 1 {
            let first = page - page % ahead;
            let missing = store.missing(first..=first + ahead - 1);
            drop(store);
            self.fetch_around(page, &missing);
            store = self.store.borrow_mut();
            if let Some(&slot) = store.index.get(&page)
                && slot != BAD
            {
                return Ok(slot);
            }
        }
        self.forget_recent();
        let slot = store.make_room(1)[0];
        match self.source.read(page << PAGE_SHIFT, store.page_mut(slot)) {
            Ok(()) => {
                store.keep(page, slot, self.aside.get());
                Ok(slot as u32)
            }
            Err(error) => {
                store.give_back(slot);
                if error.cause == ReadCause::Unmapped {
                    store.remember_bad(page);
                }
                Err(error.cause)
            }
        }
    }

    /// Of a page that was recorded only in part, what is asked for may be there.
    #[cold]
    fn read_part(&self, addr: u64, buf: &mut [u8], cause: ReadCause) -> Result<(), ReadError> {
        let len = buf.len();
        match cause {
            ReadCause::NotRecorded => self.source.read(addr, buf),
            cause => Err(ReadError { addr, len, cause }),
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
                self.recent_of(page).set((page, slot));
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
            let recent = self.recent_of(page);
            let (recent_page, recent_slot) = recent.get();
            let slot = if page == recent_page {
                recent_slot
            } else {
                match self.load(page) {
                    Ok(slot) => {
                        self.recent_of(page).set((page, slot));
                        slot
                    }
                    Err(cause) => return self.read_part(addr, buf, cause),
                }
            };
            let store = self.store.borrow();
            buf.copy_from_slice(&store.page(slot as usize)[offset..offset + len]);
            return Ok(());
        }
        match self.read_across(addr, buf) {
            Ok(()) => Ok(()),
            Err(cause) => self.read_part(addr, buf, cause),
        }
    }

    #[inline]
    fn read_word(&self, addr: u64, len: usize) -> Result<u64, ReadError> {
        let page = addr >> PAGE_SHIFT;
        let offset = addr as usize % PAGE_SIZE;
        let (recent, slot) = self.recent_of(page).get();
        // Most words are not at the end of their page: eight bytes are there.
        if recent == page
            && let Some(bytes) = self.store.borrow().page(slot as usize)[offset..].first_chunk()
        {
            let unwanted = 64 - 8 * len.clamp(1, 8) as u32;
            return Ok(u64::from_le_bytes(*bytes) << unwanted >> unwanted);
        }
        let mut word = [0; 8];
        self.read(addr, &mut word[..len])?;
        Ok(u64::from_le_bytes(word))
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
