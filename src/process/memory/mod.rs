//! The one narrow view of a target's memory that everything above uses.

pub mod cache;
pub mod changed_lines;
pub mod live;
pub mod page_store;
pub mod traced;
pub mod written_pages;

use std::cell::Cell;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A read that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot read {len} bytes at 0x{addr:x}: {cause}")]
pub struct ReadError {
    pub addr: u64,
    pub len: usize,
    pub cause: ReadCause,
}

/// Why a read failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadCause {
    #[error("no such memory in the target")]
    Unmapped,
    #[error("the process has gone")]
    Gone,
    #[error("no permission")]
    Denied,
    #[error("not in the capture")]
    NotRecorded,
}

/// One piece of a batch.
#[derive(Debug)]
pub struct Piece<'a> {
    pub addr: u64,
    pub buf: &'a mut [u8],
    /// Set by the reader; a fresh piece is unread and counts as unmapped.
    pub done: bool,
}

impl<'a> Piece<'a> {
    /// A piece that is still to be read.
    pub fn new(addr: u64, buf: &'a mut [u8]) -> Self {
        Self {
            addr,
            buf,
            done: false,
        }
    }
}

/// A range of addresses of the target, as `/proc/PID/maps` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    pub readable: bool,
    pub writable: bool,
    pub executable: bool,
    /// Offset into the file.
    pub offset: u64,
    /// Device (major, minor) and inode; inode 0 is anonymous.
    pub device: (u32, u32),
    pub inode: u64,
    /// Path in the target's mount namespace, without " (deleted)"; or a
    /// kernel name such as `[heap]`.
    pub path: Option<String>,
    pub deleted: bool,
}

/// What reading has cost so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadStats {
    pub bytes: u64,
    pub syscalls: u64,
}

/// Counters that a reader updates behind a shared reference.
#[derive(Debug, Default)]
pub struct ReadCounters {
    bytes: Cell<u64>,
    syscalls: Cell<u64>,
}

impl ReadCounters {
    /// Adds one system call that copied `bytes`.
    pub fn add(&self, bytes: usize) {
        self.bytes.set(self.bytes.get() + bytes as u64);
        self.syscalls.set(self.syscalls.get() + 1);
    }

    /// The totals.
    pub fn stats(&self) -> ReadStats {
        ReadStats {
            bytes: self.bytes.get(),
            syscalls: self.syscalls.get(),
        }
    }
}

/// Read-only memory of a target: a live process, a cache over one, later a
/// core file, a capture or a mutated image.
pub trait Memory {
    /// Fills `buf` from `addr`, wholly or not at all.
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError>;

    /// The `len` bytes (at most eight) at `addr` as a little-endian number.
    fn read_word(&self, addr: u64, len: usize) -> Result<u64, ReadError> {
        let mut word = [0; 8];
        self.read(addr, &mut word[..len])?;
        Ok(u64::from_le_bytes(word))
    }

    /// Reads every piece that can be read and marks it done.
    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        for piece in pieces {
            piece.done = self.read(piece.addr, piece.buf).is_ok();
        }
    }

    /// Announces ranges (address, length) that will be read next, so that a
    /// cache can fetch them in batches. Without a cache it does nothing.
    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        let _ = ranges;
    }

    /// Says that of the table of `count` entries at `addr`, each of `size`
    /// bytes, the first word of none is looked at, but for whether all of its
    /// bits are set. Such words, as hashes, tell what a key is: a recording
    /// need not have them.
    fn unneeded(&self, addr: u64, count: usize, size: usize) {
        let _ = (addr, count, size);
    }

    /// What reading has cost so far.
    fn stats(&self) -> ReadStats;
}
