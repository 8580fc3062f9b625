//! Fetching pages into a cache, in batches.

use super::PageCache;
use crate::process::memory::chunks::runs;
use crate::process::memory::page_store::{PAGE_SHIFT, PAGE_SIZE, ReadFor, Store};
use crate::process::memory::{Memory, Piece, ReadCause};

impl<M: Memory> PageCache<M> {
    /// Reads `pages` into consecutive pages of `buf`. Returns for each page whether
    /// it could be read. Consecutive pages are read as one piece.
    pub(super) fn read_pages(&self, pages: &[u64], buf: &mut [u8]) -> Vec<bool> {
        let mut pieces = Vec::new();
        let mut rest = buf;
        for run in pages.chunk_by(|a, b| a + 1 == *b) {
            let (front, behind) = rest.split_at_mut(run.len() * PAGE_SIZE);
            pieces.push(Piece::new(run[0] << PAGE_SHIFT, front));
            rest = behind;
        }
        self.read_pieces(pieces)
    }

    /// The same into slots, which are in ascending order.
    pub(super) fn read_into(&self, store: &mut Store, pages: &[u64], slots: &[usize]) -> Vec<bool> {
        let runs = runs(pages, slots);
        let to = store.runs_mut(runs.iter().map(|run| (run.slot, run.count)));
        let pieces = runs.iter().zip(to);
        let pieces = pieces.map(|(run, to)| Piece::new(run.page << PAGE_SHIFT, to));
        self.read_pieces(pieces.collect())
    }

    /// Reads whole pages. Returns for each page whether it could be read.
    pub(super) fn read_pieces(&self, mut pieces: Vec<Piece<'_>>) -> Vec<bool> {
        self.source.read_many(&mut pieces);
        let mut read = Vec::new();
        for piece in pieces {
            let first = read.len();
            let count = piece.buf.len() / PAGE_SIZE;
            read.resize(first + count, piece.done);
            if !piece.done && count > 1 {
                // One bad page fails its whole piece: read its pages one by one.
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

    /// Fetches `pages` (sorted, each once, none cached) in batches.
    pub(super) fn fetch(&self, mut pages: &[u64]) {
        while !pages.is_empty() {
            let failed;
            (pages, failed) = self.fetch_batch(pages, self.reading_for.get());
            for page in failed {
                // Finds the cause, and remembers pages that do not exist.
                match self.load(page) {
                    Err(ReadCause::Gone | ReadCause::Denied) => return,
                    Ok(_) | Err(ReadCause::Unmapped | ReadCause::NotRecorded) => {}
                }
            }
        }
    }

    /// Fetches as many of `pages` as there is room for at once. Returns the remaining
    /// pages, and those that could not be read.
    pub(super) fn fetch_batch<'p>(
        &self,
        pages: &'p [u64],
        read_for: ReadFor,
    ) -> (&'p [u64], Vec<u64>) {
        let mut store = self.store.borrow_mut();
        let slots = self.make_room(&mut store, pages.len());
        let (batch, later) = pages.split_at(slots.len());
        let read = self.read_into(&mut store, batch, &slots);
        let mut failed = Vec::new();
        for ((page, slot), read) in batch.iter().zip(slots).zip(read) {
            if read {
                store.keep(*page, slot, read_for);
            } else {
                store.give_back(slot);
                failed.push(*page);
            }
        }
        (later, failed)
    }

    /// Fetches the consecutive pages among `pages` around `wanted`. There may be no
    /// room for all of them, so the caller checks whether `wanted` was fetched.
    pub(super) fn fetch_around(&self, wanted: u64, pages: &[u64]) {
        let mut runs = pages.chunk_by(|a, b| a + 1 == *b);
        if let Some(run) = runs.find(|run| run.contains(&wanted)) {
            self.fetch_batch(run, ReadFor::Neighbour);
        }
    }
}
