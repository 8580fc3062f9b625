//! Comparing the pages of a cache with the process.

use super::PageCache;
use crate::process::memory::Memory;
use crate::process::memory::changed_lines::{self, ChangedLines};
use crate::process::memory::page_store::{BAD, Known, PAGE_SHIFT, PAGE_SIZE, ReadFor, Store};

/// Pages reread at once, few enough to stay in the processor's cache.
const REREAD_PAGES: usize = 64;

impl<M: Memory> PageCache<M> {
    /// Reads all cached pages again except those read aside, keeps the new bytes, and
    /// returns how many pages differ: changed, unmapped, or readable only now.
    pub fn reread_differs(&self) -> u64 {
        self.reread(ReadFor::Main)
    }

    /// Reads all cached pages again except those read aside, and returns which parts
    /// differ. The cached pages stay as they are.
    pub fn differing_lines(&self) -> ChangedLines {
        self.make_ready();
        let store = self.store.borrow();
        let mut scratch = self.scratch.borrow_mut();
        let mut lines = ChangedLines::default();
        for held in store.held(ReadFor::Main).chunks(REREAD_PAGES) {
            let pages: Vec<u64> = held.iter().map(|(page, _)| *page).collect();
            let read = self.read_pages(&pages, &mut scratch[..pages.len() * PAGE_SIZE]);
            let fresh = scratch.chunks_exact(PAGE_SIZE);
            for ((&(page, slot), new), read) in held.iter().zip(fresh).zip(read) {
                lines.add(page, read.then(|| (store.page(slot), new)));
            }
        }
        lines
    }

    /// [`Self::reread_differs`] for the pages that were read aside.
    pub fn secondary_differs(&self) -> u64 {
        self.reread(ReadFor::Aside)
    }

    /// Whether everything that was ever read through this cache is unchanged: held
    /// pages by their bytes, dropped pages by their hashes (see
    /// [`Self::remembering_dropped`]), and unreadable pages still being unreadable.
    /// All of these pages are read for it.
    pub fn is_unchanged(&self) -> bool {
        self.make_ready();
        let store = self.store.borrow();
        let mut scratch = self.scratch.borrow_mut();
        let is_same = |known: &[(u64, Known)]| {
            let pages: Vec<u64> = known.iter().map(|(page, _)| *page).collect();
            let read = self.read_pages(&pages, &mut scratch[..pages.len() * PAGE_SIZE]);
            let fresh = scratch.chunks_exact(PAGE_SIZE).zip(read);
            let mut compared = known.iter().zip(fresh);
            compared.all(|((_, known), (new, read))| read && store.is_same(*known, new))
        };
        !store.inconsistent
            && store.all_known().chunks(REREAD_PAGES).all(is_same)
            && store.bad_pages().all(|page| !self.is_readable(page))
    }

    /// Prepares [`Self::reread_differs`], so that it is quick.
    pub fn make_ready(&self) {
        let mut scratch = self.scratch.borrow_mut();
        if scratch.is_empty() {
            // Written to, so that the kernel provides the memory now.
            *scratch = vec![1; REREAD_PAGES * PAGE_SIZE].into();
        }
    }

    fn reread(&self, part: ReadFor) -> u64 {
        self.make_ready();
        self.forget_recent();
        let mut store = self.store.borrow_mut();
        let mut scratch = self.scratch.borrow_mut();
        let mut differing = 0;
        // They are as old as what is read again now.
        store.forget_all(ReadFor::Neighbour);
        for held in store.held(part).chunks(REREAD_PAGES) {
            differing += self.reread_slots(&mut store, held, &mut scratch);
        }
        differing + self.recheck_bad(&mut store)
    }

    fn reread_slots(&self, store: &mut Store, held: &[(u64, usize)], scratch: &mut [u8]) -> u64 {
        let pages: Vec<u64> = held.iter().map(|(page, _)| *page).collect();
        let read = self.read_pages(&pages, &mut scratch[..pages.len() * PAGE_SIZE]);
        let mut differing = 0;
        let fresh = scratch.chunks_exact(PAGE_SIZE);
        for ((&(page, slot), new), read) in held.iter().zip(fresh).zip(read) {
            if !read {
                store.forget(page, slot);
                differing += 1;
            } else if store.page(slot) != new {
                if store.changes.is_some() {
                    let lines = changed_lines::differing(store.page(slot), new);
                    store.note_change(page, lines);
                }
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
        store
            .index
            .retain(|page, slot| *slot != BAD || !self.is_readable(*page));
        store.bad = store.index.values().filter(|slot| **slot == BAD).count();
        if store.bad < before {
            // What could not be read there before was not noted as read.
            store.note_everything();
        }
        (before - store.bad) as u64
    }

    fn is_readable(&self, page: u64) -> bool {
        self.source.read(page << PAGE_SHIFT, &mut [0]).is_ok()
    }
}
