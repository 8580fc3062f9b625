//! A cache of pages of a target: a page is read once and serves every later read.
//!
//! Pages can be read *aside* (see [`PageCache::set_secondary`]): they form a second
//! set, which is compared and forgotten separately.

mod fetch;
mod reread;

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashSet;

use super::changed_lines::CacheChanges;
use super::chunks::CHUNK_PAGES;
use super::page_store::{BAD, NO_PAGE, PAGE_SHIFT, PAGE_SIZE, ReadFor, Store};
use super::{Memory, Piece, ReadCause, ReadError, ReadStats};
use crate::limits::PAGES;

/// Number of pages that are found without the index.
const RECENT: usize = 2048;
/// Pages that are fetched with a missing one when there is more to read than the
/// cache can hold: neighbouring pages are mostly needed together.
const CROWDED_READ_AHEAD: u64 = 32;

/// What a cache holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Pages held now.
    pub pages: usize,
    /// Pages known to be unreadable.
    pub bad_pages: usize,
    /// Pages that made room for newer ones. Unless this is 0,
    /// [`PageCache::reread_differs`] does not compare all pages that were read.
    pub dropped: u64,
}

/// A bounded cache of pages over another memory. When it is full, the oldest page
/// makes room.
#[derive(Debug)]
pub struct PageCache<M> {
    source: M,
    /// Number and slot of pages that served the last reads, by the low bits of
    /// their numbers.
    recent: Box<[Cell<(u64, u32)>; RECENT]>,
    store: RefCell<Store>,
    /// What pages are read for now.
    reading_for: Cell<ReadFor>,
    /// Pages that are fetched with a missing one, itself included.
    read_ahead: u64,
    /// Buffer for rereading pages. A stopped process waits while pages are reread,
    /// and fresh memory would make that slower.
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
            reading_for: Cell::new(ReadFor::Main),
            read_ahead: 1,
            store: RefCell::new(Store::new(pages)),
            scratch: RefCell::default(),
        }
    }

    /// Fetches `pages` neighbouring pages for each missing one. Those that nobody asks for
    /// are not compared, and forgotten when others are read again.
    pub fn reading_ahead(self, pages: u64) -> Self {
        let read_ahead = pages.max(1);
        Self { read_ahead, ..self }
    }

    /// Lets [`Self::is_unchanged`] also compare pages that made room for newer ones.
    pub fn remembering_dropped(self) -> Self {
        self.store.borrow_mut().remember_dropped();
        self
    }

    /// Notes from now on what changes, for [`Self::take_changes`].
    pub fn noting_changes(self) -> Self {
        self.store.borrow_mut().changes = Some(CacheChanges::default());
        self
    }

    /// What may have become different since this was last called. `None` if it is not noted.
    pub fn take_changes(&self) -> Option<CacheChanges> {
        self.store.borrow_mut().changes.as_mut().map(std::mem::take)
    }

    /// The memory under the cache.
    pub fn source(&self) -> &M {
        &self.source
    }

    /// Forgets all pages and frees their memory.
    pub fn clear(&self) {
        self.forget_recent();
        self.store.borrow_mut().clear();
    }

    /// The numbers of the pages held now (addresses without their low 12 bits),
    /// including those read aside if `aside_too`.
    pub fn held_pages(&self, aside_too: bool) -> FxHashSet<u64> {
        let store = self.store.borrow();
        let aside = match aside_too {
            true => store.held(ReadFor::Aside),
            false => Vec::new(),
        };
        let held = store.held(ReadFor::Main).into_iter().chain(aside);
        held.map(|(page, _)| page).collect()
    }

    /// Starts or ends reading aside. [`Self::reread_differs`] does not compare pages
    /// that were read aside. Such a page joins the others once it is read while
    /// `aside` is false.
    pub fn set_secondary(&self, aside: bool) {
        self.forget_recent();
        self.reading_for.set(match aside {
            true => ReadFor::Aside,
            false => ReadFor::Main,
        });
    }

    /// Forgets the pages that were read aside.
    pub fn forget_secondary(&self) {
        self.forget_recent();
        let mut store = self.store.borrow_mut();
        store.forget_all(ReadFor::Aside);
        store.forget_all(ReadFor::Neighbour);
    }

    /// Replaces the pages of this cache by those of another cache of the same memory,
    /// as if they had been read aside. Does nothing when the other cache has dropped
    /// pages or holds more than this one may.
    pub fn adopt(&self, other: Self) {
        let mut store = other.store.into_inner();
        store.read_for.fill(ReadFor::Aside);
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

    /// Forgets one page, which is read again when it is needed next.
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

    /// Allocates memory for the pages of `ranges` (address, length in bytes), so that
    /// fetching them is quick.
    pub fn make_room_for(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        let mut store = self.store.borrow_mut();
        let missing = store.missing_of(ranges).len();
        store.reserve(missing);
    }

    /// Notes that somebody asked for the page in `slot`.
    fn note_use(&self, store: &mut Store, slot: u32) {
        let known = &mut store.read_for[slot as usize];
        *known = (*known).min(self.reading_for.get());
    }

    /// Slots to be filled, see [`Store::make_room`].
    fn make_room(&self, store: &mut Store, wanted: usize) -> Vec<usize> {
        let dropped = store.dropped;
        let slots = store.make_room(wanted);
        // A slot may have got another page.
        if store.dropped != dropped {
            self.forget_recent();
        }
        slots
    }

    /// The slot of `page`, which is read if it is missing.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn load(&self, page: u64) -> Result<u32, ReadCause> {
        let mut store = self.store.borrow_mut();
        match store.index.get(&page) {
            Some(&BAD) => return Err(ReadCause::Unmapped),
            Some(&slot) => {
                self.note_use(&mut store, slot);
                return Ok(slot);
            }
            None => {}
        }
        let read_ahead = match store.dropped {
            0 => self.read_ahead,
            _ => self.read_ahead.max(CROWDED_READ_AHEAD),
        };
        if read_ahead > 1 {
            let first = page - page % read_ahead;
            let missing = store.missing(first..=first + read_ahead - 1);
            drop(store);
            self.fetch_around(page, &missing);
            store = self.store.borrow_mut();
            if let Some(&slot) = store.index.get(&page)
                && slot != BAD
            {
                self.note_use(&mut store, slot);
                return Ok(slot);
            }
        }
        let slot = self.make_room(&mut store, 1)[0];
        match self.source.read(page << PAGE_SHIFT, store.page_mut(slot)) {
            Ok(()) => {
                store.keep(page, slot, self.reading_for.get());
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

    /// Reads from a partially recorded page: succeeds if the requested bytes are in
    /// the recorded part. Other causes fail.
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
        // False for an empty buffer, too.
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
        // Most words are not at the end of their page, so eight bytes can be read.
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
