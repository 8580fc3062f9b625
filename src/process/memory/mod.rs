//! Reading the memory of a target: one trait, and its implementations.

pub mod cache;
pub mod changed_lines;
mod chunks;
pub mod live;
pub mod page_store;
pub mod range_cache;
pub mod traced;
pub mod written_pages;

use std::cell::Cell;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A read that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot read {len} bytes at 0x{addr:x}: {cause}")]
pub struct ReadError {
    /// Address of the first byte that was asked for.
    pub addr: u64,
    /// Number of bytes that were asked for.
    pub len: usize,
    /// Why not all of them could be read.
    pub cause: ReadCause,
}

/// Why a read failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReadCause {
    /// Not all of the range is mapped readable.
    #[error("no such memory in the target")]
    Unmapped,
    /// The process has ended.
    #[error("the process has gone")]
    Gone,
    /// The kernel does not let us read this process.
    #[error("no permission")]
    Denied,
    /// A recorded process: nobody read this range when it was recorded.
    #[error("not in the capture")]
    NotRecorded,
}

/// One piece of a batch.
#[derive(Debug)]
pub struct Piece<'a> {
    /// Address of its first byte.
    pub addr: u64,
    /// Filled by the reader; its length is that of the piece.
    pub buf: &'a mut [u8],
    /// Whether `buf` was filled. Set by the reader.
    pub done: bool,
}

impl<'a> Piece<'a> {
    /// A piece that has not been read.
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
    /// First address.
    pub start: u64,
    /// Address after the last byte.
    pub end: u64,
    /// Whether it may be read.
    pub readable: bool,
    /// Whether it may be written.
    pub writable: bool,
    /// Whether it may be executed.
    pub executable: bool,
    /// Offset into the file in bytes.
    pub offset: u64,
    /// Device of the file: major, minor.
    pub device: (u32, u32),
    /// Inode of the file; 0 for memory without a file.
    pub inode: u64,
    /// Path in the target's mount namespace, without " (deleted)", or a kernel name
    /// such as `[heap]`. `None` for memory without a name.
    pub path: Option<String>,
    /// Whether the file was deleted.
    pub deleted: bool,
}

/// The cost of reading so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadStats {
    /// Bytes that were copied.
    pub bytes: u64,
    /// System calls that copied them.
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

/// Read-only memory of a target: a live process, a recording, or a cache over one.
pub trait Memory {
    /// Fills `buf` with the bytes at `addr`.
    ///
    /// # Errors
    /// When not all of them can be read; `buf` is then undefined.
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError>;

    /// The `len` bytes (at most eight) at `addr` as a little-endian number.
    ///
    /// # Errors
    /// When not all of them can be read.
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

    /// Announces ranges (address, length in bytes) that will be read next, so that a
    /// cache can fetch them in batches. Does nothing without a cache.
    fn prefetch(&self, ranges: &mut dyn Iterator<Item = (u64, usize)>) {
        let _ = ranges;
    }

    /// Hint for recordings about a table of `count` entries of `size` bytes at `addr`:
    /// the first word of each entry is only tested for all-ones, so its value need
    /// not be stored. Such words are hashes of keys, which could reveal the keys.
    ///
    /// Only [`NotedReads`](super::recorded::NotedReads) uses it. It is here because
    /// readers know their memory by this trait alone.
    fn unneeded(&self, addr: u64, count: usize, size: usize) {
        let _ = (addr, count, size);
    }

    /// The cost of reading so far.
    fn stats(&self) -> ReadStats;
}
