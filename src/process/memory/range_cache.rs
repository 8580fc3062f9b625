//! Memory of which the same small ranges are read again and again.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::{Memory, Piece, ReadError, ReadStats};

/// Copies of the ranges that were read last, made in one system call.
#[derive(Debug)]
pub struct RangeCache<M> {
    source: M,
    ranges: RefCell<FxHashMap<(u64, usize), Copied>>,
}

/// A range as it was at the last [`RangeCache::read_again`].
#[derive(Debug)]
struct Copied {
    bytes: Box<[u8]>,
    /// Whether it could be read.
    done: bool,
    /// Whether somebody asked for it since.
    used: bool,
}

impl<M: Memory> RangeCache<M> {
    /// A cache over `source` that has nothing yet.
    pub fn new(source: M) -> Self {
        Self {
            source,
            ranges: RefCell::default(),
        }
    }

    /// Copies all ranges anew that were read since the last call, and forgets the others.
    pub fn read_again(&self) {
        let mut ranges = self.ranges.borrow_mut();
        ranges.retain(|_, range| std::mem::take(&mut range.used));
        let mut pieces: Vec<Piece<'_>> = ranges
            .iter_mut()
            .map(|((addr, _), range)| Piece::new(*addr, &mut range.bytes))
            .collect();
        self.source.read_many(&mut pieces);
        let done: Vec<bool> = pieces.iter().map(|piece| piece.done).collect();
        for (range, done) in ranges.values_mut().zip(done) {
            range.done = done;
        }
    }
}

impl<M: Memory> Memory for RangeCache<M> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let mut ranges = self.ranges.borrow_mut();
        if let Some(range) = ranges.get_mut(&(addr, buf.len()))
            && range.done
        {
            buf.copy_from_slice(&range.bytes);
            range.used = true;
            return Ok(());
        }
        self.source.read(addr, buf)?;
        let copied = Copied {
            bytes: Box::from(&*buf),
            done: true,
            used: true,
        };
        ranges.insert((addr, buf.len()), copied);
        Ok(())
    }

    fn stats(&self) -> ReadStats {
        self.source.stats()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::process::ReadCause;

    /// Memory whose bytes are all the same number, up to an address, and how often it was read.
    #[derive(Default)]
    struct Changing {
        number: Cell<u8>,
        end: Cell<u64>,
        reads: Cell<u32>,
        batches: Cell<u32>,
    }

    impl Memory for &Changing {
        fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            self.reads.set(self.reads.get() + 1);
            if addr >= self.end.get() {
                return Err(ReadError {
                    addr,
                    len: buf.len(),
                    cause: ReadCause::Unmapped,
                });
            }
            buf.fill(self.number.get());
            Ok(())
        }

        fn read_many(&self, pieces: &mut [Piece<'_>]) {
            self.batches.set(self.batches.get() + 1);
            for piece in pieces {
                piece.done = piece.addr < self.end.get();
                piece.buf.fill(self.number.get());
            }
        }

        fn stats(&self) -> ReadStats {
            ReadStats::default()
        }
    }

    #[test]
    fn what_was_read_last_is_read_again_in_one_batch() {
        let memory = Changing::default();
        memory.end.set(0x1000);
        let cache = RangeCache::new(&memory);
        let words = |addrs: &[u64]| {
            let words = addrs.iter().map(|addr| cache.read_word(*addr, 1));
            words.map(Result::ok).collect::<Vec<_>>()
        };
        assert_eq!(words(&[0x10, 0x20, 0x10]), [Some(0), Some(0), Some(0)]);
        assert_eq!((memory.reads.get(), memory.batches.get()), (2, 0));
        memory.number.set(7);
        // Nothing changes until all is read again.
        assert_eq!(words(&[0x10]), [Some(0)]);
        cache.read_again();
        assert_eq!(words(&[0x10, 0x20]), [Some(7), Some(7)]);
        assert_eq!((memory.reads.get(), memory.batches.get()), (2, 1));
        // What nobody asked for is forgotten.
        cache.read_again();
        assert_eq!(words(&[0x20]), [Some(7)]);
        cache.read_again();
        assert_eq!(words(&[0x10]), [Some(7)]);
        assert_eq!(memory.reads.get(), 3);
    }

    #[test]
    fn what_is_gone_cannot_be_read() {
        let memory = Changing::default();
        memory.end.set(0x1000);
        let cache = RangeCache::new(&memory);
        assert_eq!(cache.read_word(0x10, 1), Ok(0));
        memory.end.set(0);
        cache.read_again();
        assert!(cache.read_word(0x10, 1).is_err());
    }
}
