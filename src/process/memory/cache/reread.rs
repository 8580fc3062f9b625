//! Whether what a cache holds is still as it is in the process.

use super::PageCache;
use crate::process::memory::Memory;
use crate::process::memory::changed_lines::ChangedLines;
use crate::process::memory::page_store::{BAD, Known, PAGE_SHIFT, PAGE_SIZE, Store};

/// Pages reread at once: few enough to stay in the processor's cache.
const REREAD_PAGES: usize = 64;

impl<M: Memory> PageCache<M> {
    /// Reads all cached pages again but those read aside, keeps what it read,
    /// and says how many pages are different from before: changed, gone, or
    /// readable only now.
    pub fn reread_differs(&self) -> u64 {
        self.reread(false)
    }

    /// Reads all cached pages again but those read aside, and says where the
    /// process is otherwise by now. What is held stays as it is.
    pub fn differing_lines(&self) -> ChangedLines {
        self.make_ready();
        let store = self.store.borrow();
        let mut scratch = self.scratch.borrow_mut();
        let mut lines = ChangedLines::default();
        for held in store.held(false).chunks(REREAD_PAGES) {
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
    pub fn reread_aside_differs(&self) -> u64 {
        self.reread(true)
    }

    /// Whether all that was ever read through this cache is as it was: pages that
    /// are held, by their hashes those that are not any more, if it remembers them,
    /// and those that could not be read. To read all of that takes its time.
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
        !store.torn
            && store.all_known().chunks(REREAD_PAGES).all(is_same)
            && store.bad_pages().all(|page| !self.is_readable(page))
    }

    /// Does in advance what can be done so that [`Self::reread_differs`] is quick.
    pub fn make_ready(&self) {
        let mut scratch = self.scratch.borrow_mut();
        if scratch.is_empty() {
            // Written to, or the kernel would find memory for it only later.
            *scratch = vec![1; REREAD_PAGES * PAGE_SIZE].into();
        }
    }

    fn reread(&self, aside: bool) -> u64 {
        self.make_ready();
        self.forget_recent();
        let mut store = self.store.borrow_mut();
        let mut scratch = self.scratch.borrow_mut();
        let mut differing = 0;
        for held in store.held(aside).chunks(REREAD_PAGES) {
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
        (before - store.bad) as u64
    }

    fn is_readable(&self, page: u64) -> bool {
        self.source.read(page << PAGE_SHIFT, &mut [0]).is_ok()
    }
}
