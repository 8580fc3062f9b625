//! Memory that records which ranges were read through it, so that they can be
//! compared with the process later.

use std::cell::RefCell;

use super::changed_lines::{Lines, lines_of_ranges};
use super::page_store::PAGE_SHIFT;
use super::{Memory, Piece, ReadError, ReadStats};

/// Ranges with at most this many bytes between them are compared as one.
const GAP: u64 = 16;

/// Records each range that is read from another memory.
#[derive(Debug)]
pub struct Traced<'a, M> {
    source: &'a M,
    read: RefCell<Vec<(u64, u64)>>,
}

impl<'a, M: Memory> Traced<'a, M> {
    /// A record of reads from `source`, with nothing read yet.
    pub fn new(source: &'a M) -> Self {
        Self {
            source,
            read: RefCell::default(),
        }
    }

    /// The ranges (start, end) that were read so far: sorted, without overlaps, each
    /// within one page.
    pub fn ranges(&self) -> Vec<(u64, u64)> {
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        for &(start, end) in self.read.borrow().iter() {
            let mut at = start;
            while at < end {
                let page_end = ((at >> PAGE_SHIFT) + 1) << PAGE_SHIFT;
                pieces.push((at, end.min(page_end)));
                at = page_end;
            }
        }
        pieces.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (start, end) in pieces {
            match merged.last_mut() {
                Some(last)
                    if start <= last.1 + GAP && start >> PAGE_SHIFT == last.0 >> PAGE_SHIFT =>
                {
                    last.1 = last.1.max(end);
                }
                _ => merged.push((start, end)),
            }
        }
        merged
    }

    /// The lines that were read since this was last called, by page.
    pub fn take_lines(&self) -> Lines {
        let mut read = self.read.borrow_mut();
        let lines = lines_of_ranges(&read);
        read.clear();
        lines
    }

    fn note(&self, addr: u64, len: usize) {
        let mut read = self.read.borrow_mut();
        let end = addr.saturating_add(len as u64);
        match read.last_mut() {
            Some(last) if last.1 == addr => last.1 = end,
            _ => read.push((addr, end)),
        }
    }
}

/// The number of the page that `addr` is in.
pub fn page_of(addr: u64) -> u64 {
    addr >> PAGE_SHIFT
}

impl<M: Memory> Memory for Traced<'_, M> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.source.read(addr, buf)?;
        self.note(addr, buf.len());
        Ok(())
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        self.source.read_many(pieces);
        for piece in pieces.iter().filter(|piece| piece.done) {
            self.note(piece.addr, piece.buf.len());
        }
    }

    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        self.source.prefetch(ranges);
    }

    fn stats(&self) -> ReadStats {
        self.source.stats()
    }
}

#[cfg(test)]
mod tests {
    use super::super::page_store::PAGE_SIZE;
    use crate::process::memory::traced::*;

    struct Zeros;

    impl Memory for Zeros {
        fn read(&self, _: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            buf.fill(0);
            Ok(())
        }

        fn stats(&self) -> ReadStats {
            ReadStats::default()
        }
    }

    #[test]
    fn ranges_are_merged_within_a_page_and_split_between_pages() {
        let traced = Traced::new(&Zeros);
        for (addr, len) in [(0x2010, 8), (0x1000, 8), (0x1008, 8), (0x1ff8, 16)] {
            traced.read(addr, &mut vec![0; len]).unwrap();
        }
        let page = PAGE_SIZE as u64;
        let expected = [(0x1000, 0x1010), (0x1ff8, 2 * page), (2 * page, 0x2018)];
        assert_eq!(traced.ranges(), expected);
    }
}
