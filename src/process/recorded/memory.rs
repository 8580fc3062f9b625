//! Memory of a recording, and the record of reads that decides what is recorded.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::super::memory::page_store::{PAGE_SHIFT, PAGE_SIZE};
use super::super::memory::{Memory, Piece, ReadCause, ReadCounters, ReadError, ReadStats};

/// Consecutive bytes that were recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Address of the first byte.
    pub start: u64,
    /// Number of bytes.
    pub len: usize,
    /// Index of the first byte in the bytes of the recording.
    pub at: usize,
}

impl Run {
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.len as u64)
    }
}

/// The memory of a process as far as it was recorded.
#[derive(Debug, Clone, Default)]
pub struct RecordedMemory {
    /// By address, without overlaps.
    pub(super) runs: Arc<[Run]>,
    /// Numbers of pages that could not be read, sorted.
    pub(super) bad: Arc<[u64]>,
    /// Shared by all memories of one recording.
    pub(super) bytes: Arc<Vec<u8>>,
}

impl RecordedMemory {
    /// The recorded ranges (start, end), by address.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.runs.iter().map(|run| (run.start, run.end()))
    }

    /// Why not all of the `len` bytes at `addr` are there.
    fn missing(&self, addr: u64, len: usize) -> ReadCause {
        let first = addr >> PAGE_SHIFT;
        let last = addr.saturating_add((len as u64).saturating_sub(1)) >> PAGE_SHIFT;
        let index = self.bad.partition_point(|page| *page < first);
        match self.bad.get(index) {
            Some(page) if *page <= last => ReadCause::Unmapped,
            _ => ReadCause::NotRecorded,
        }
    }

    /// Copies the bytes at `addr`. Returns whether all of them were recorded.
    fn copy(&self, addr: u64, buf: &mut [u8]) -> bool {
        let mut index = self.runs.partition_point(|run| run.end() <= addr);
        let (mut at, mut rest) = (addr, buf);
        while !rest.is_empty() {
            let Some(run) = self.runs.get(index).filter(|run| run.start <= at) else {
                return false;
            };
            let inside = (at - run.start) as usize;
            let len = rest.len().min(run.len.saturating_sub(inside));
            let from = run.at.saturating_add(inside);
            let bytes = self.bytes.get(from..from.saturating_add(len));
            let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
                return false;
            };
            let (front, behind) = rest.split_at_mut(len);
            front.copy_from_slice(bytes);
            rest = behind;
            at = at.wrapping_add(len as u64);
            index += 1;
        }
        true
    }
}

impl Memory for RecordedMemory {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len();
        match self.copy(addr, buf) {
            true => Ok(()),
            false => Err(ReadError {
                addr,
                len,
                cause: self.missing(addr, len),
            }),
        }
    }

    fn stats(&self) -> ReadStats {
        ReadCounters::default().stats()
    }
}

/// Records exactly which bytes are read from another memory, and which pages could
/// not be read.
///
/// [`Traced`](super::super::Traced) joins neighbouring ranges. This must not add a
/// byte that nobody asked for.
#[derive(Debug)]
pub struct NotedReads<'a, M> {
    source: &'a M,
    read: RefCell<Vec<(u64, u64)>>,
    bad: RefCell<Vec<u64>>,
    unneeded: RefCell<FxHashSet<EntryTable>>,
}

/// A table in memory, of entries of equal size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryTable {
    /// Address of the first entry.
    pub addr: u64,
    /// Number of entries.
    pub count: usize,
    /// Bytes of one entry.
    pub size: usize,
}

/// Number of recorded ranges from which on duplicates are merged.
const MERGE_FROM: usize = 1 << 20;

impl<'a, M: Memory> NotedReads<'a, M> {
    /// A record of reads from `source`, with nothing read yet.
    pub fn new(source: &'a M) -> Self {
        Self {
            source,
            read: RefCell::default(),
            bad: RefCell::default(),
            unneeded: RefCell::default(),
        }
    }

    /// The tables that [`Memory::unneeded`] was called for.
    pub fn unneeded(&self) -> Vec<EntryTable> {
        self.unneeded.borrow().iter().copied().collect()
    }

    /// The ranges (start, end) that were read, by address, and the numbers of the
    /// pages that could not be read.
    pub fn into_noted(self) -> (Vec<(u64, u64)>, Vec<u64>) {
        let mut read = self.read.into_inner();
        merge(&mut read);
        let mut bad = self.bad.into_inner();
        bad.sort_unstable();
        bad.dedup();
        (read, bad)
    }

    fn note(&self, addr: u64, len: usize) {
        let mut read = self.read.borrow_mut();
        let end = addr.saturating_add(len as u64);
        match read.last_mut() {
            Some(last) if last.0 <= addr && addr <= last.1 => last.1 = last.1.max(end),
            _ => read.push((addr, end)),
        }
        if read.len() == read.capacity() && read.len() >= MERGE_FROM {
            merge(&mut read);
        }
    }

    /// Records the first page of the range that cannot be read.
    fn note_failed(&self, addr: u64, len: usize) {
        let end = addr.saturating_add(len as u64);
        let mut at = addr;
        while at < end {
            if let Err(error) = self.source.read(at, &mut [0]) {
                if error.cause == ReadCause::Unmapped {
                    self.bad.borrow_mut().push(at >> PAGE_SHIFT);
                }
                return;
            }
            at = ((at >> PAGE_SHIFT) + 1) << PAGE_SHIFT;
            if at == 0 {
                return;
            }
        }
    }
}

/// Sorts ranges and joins those that touch.
pub(super) fn merge(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
}

impl<M: Memory> Memory for NotedReads<'_, M> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        match self.source.read(addr, buf) {
            Ok(()) => {
                self.note(addr, buf.len());
                Ok(())
            }
            Err(error) => {
                self.note_failed(addr, buf.len());
                Err(error)
            }
        }
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        self.source.read_many(pieces);
        for piece in pieces.iter() {
            match piece.done {
                true => self.note(piece.addr, piece.buf.len()),
                false => self.note_failed(piece.addr, piece.buf.len()),
            }
        }
    }

    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        self.source.prefetch(ranges);
    }

    fn unneeded(&self, addr: u64, count: usize, size: usize) {
        let table = EntryTable { addr, count, size };
        self.unneeded.borrow_mut().insert(table);
    }

    fn stats(&self) -> ReadStats {
        self.source.stats()
    }
}

/// The ranges (start, end) of pages, given by their numbers.
pub fn ranges_of_pages(numbers: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let page = |number: u64| {
        let start = number << PAGE_SHIFT;
        (start, start.saturating_add(PAGE_SIZE as u64))
    };
    let mut ranges: Vec<(u64, u64)> = numbers.into_iter().map(page).collect();
    merge(&mut ranges);
    ranges
}
