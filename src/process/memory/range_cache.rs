//! Memory of which the same small ranges are read again and again.

use std::cell::{Cell, RefCell};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::{Memory, Piece, ReadError, ReadStats};

/// Copies of the ranges that were read last, made in one system call. Each range is copied twice:
/// first in the order in which they were asked for, then in the opposite order. So what was asked
/// for first is copied around all else, and what was asked for last twice at nearly the same time.
#[derive(Debug)]
pub struct RangeCache<M> {
    source: M,
    ranges: RefCell<IndexMap<(u64, usize), Copied, FxBuildHasher>>,
    pass: Cell<Pass>,
    /// How many ranges were asked for.
    asked: Cell<u64>,
    /// How often all was copied.
    copies: u64,
    /// Whether all that was asked for since [`RangeCache::set_pass`] was there.
    is_complete: Cell<bool>,
}

/// A range that nobody asked for while all was copied so many times is forgotten.
const KEPT: u64 = 16;

/// Which of the two copies are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Those that were made first.
    First,
    /// Those that were made in the opposite order.
    Second,
}

/// A range as it was at the last [`RangeCache::read_again`].
#[derive(Debug)]
struct Copied {
    first: Box<[u8]>,
    second: Box<[u8]>,
    /// Whether both could be read.
    done: bool,
    /// The last time that somebody asked for it: how often all was copied before, and how many
    /// ranges were asked for.
    asked: (u64, u64),
}

impl<M: Memory> RangeCache<M> {
    /// A cache over `source` that has nothing yet.
    pub fn new(source: M) -> Self {
        Self {
            source,
            ranges: RefCell::default(),
            pass: Cell::new(Pass::First),
            asked: Cell::new(0),
            copies: 0,
            is_complete: Cell::new(true),
        }
    }

    /// Copies all ranges anew that were read lately, and forgets the others. What is read from now on
    /// is of the first copies.
    pub fn read_again(&mut self) {
        self.copies += 1;
        self.set_pass(Pass::First);
        let (mut ranges, copies) = (self.ranges.borrow_mut(), self.copies);
        ranges.retain(|_, range| range.asked.0 + KEPT >= copies);
        ranges.sort_by_key(|_, range| range.asked);
        let (mut pieces, mut back) = (Vec::new(), Vec::new());
        for ((addr, _), range) in ranges.iter_mut() {
            pieces.push(Piece::new(*addr, &mut range.first));
            back.push(Piece::new(*addr, &mut range.second));
        }
        back.reverse();
        pieces.append(&mut back);
        self.source.read_many(&mut pieces);
        let done: Vec<bool> = pieces.iter().map(|piece| piece.done).collect();
        let both = done.iter().zip(done.iter().rev());
        for (range, (first, second)) in ranges.values_mut().zip(both) {
            range.done = *first && *second;
        }
    }

    /// Which copies are read from now on.
    pub fn set_pass(&self, pass: Pass) {
        self.pass.set(pass);
        self.is_complete.set(true);
    }

    /// Whether all that was read since [`Self::set_pass`] is of one copy. What was not there was read
    /// later than the rest.
    pub fn is_complete(&self) -> bool {
        self.is_complete.get()
    }
}

impl<M: Memory> Memory for RangeCache<M> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let asked = (self.copies, self.asked.get());
        self.asked.set(asked.1 + 1);
        let mut ranges = self.ranges.borrow_mut();
        if let Some(range) = ranges.get_mut(&(addr, buf.len()))
            && range.done
        {
            buf.copy_from_slice(match self.pass.get() {
                Pass::First => &range.first,
                Pass::Second => &range.second,
            });
            // Where both copies are read, the order is that in which the first was.
            if self.pass.get() == Pass::First {
                range.asked = asked;
            }
            return Ok(());
        }
        self.is_complete.set(false);
        self.source.read(addr, buf)?;
        let copied = Copied {
            first: Box::from(&*buf),
            second: Box::from(&*buf),
            done: true,
            asked,
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
        let mut cache = RangeCache::new(&memory);
        let words = |cache: &RangeCache<&Changing>, addrs: &[u64]| {
            let words = addrs.iter().map(|addr| cache.read_word(*addr, 1));
            words.map(Result::ok).collect::<Vec<_>>()
        };
        assert_eq!(
            words(&cache, &[0x10, 0x20, 0x10]),
            [Some(0), Some(0), Some(0)]
        );
        assert_eq!((memory.reads.get(), memory.batches.get()), (2, 0));
        memory.number.set(7);
        // Nothing changes until all is read again.
        assert_eq!(words(&cache, &[0x10]), [Some(0)]);
        cache.read_again();
        assert_eq!(words(&cache, &[0x10, 0x20]), [Some(7), Some(7)]);
        assert_eq!((memory.reads.get(), memory.batches.get()), (2, 1));
        // What nobody asks for is forgotten, and then is not of the same copy.
        for _ in 0..=KEPT {
            cache.read_again();
            assert_eq!(words(&cache, &[0x20]), [Some(7)]);
        }
        assert!(cache.is_complete());
        assert_eq!(words(&cache, &[0x10]), [Some(7)]);
        assert_eq!((memory.reads.get(), cache.is_complete()), (3, false));
        cache.set_pass(Pass::Second);
        assert!(cache.is_complete());
    }

    /// Memory that counts what is read, and gives that number.
    #[derive(Default)]
    struct Counting(Cell<u8>);

    impl Memory for &Counting {
        fn read(&self, _: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            self.0.set(self.0.get() + 1);
            buf.fill(self.0.get());
            Ok(())
        }

        fn stats(&self) -> ReadStats {
            ReadStats::default()
        }
    }

    #[test]
    fn each_range_is_copied_twice_and_what_was_asked_for_first_is_copied_around_all_else() {
        let memory = Counting::default();
        let mut cache = RangeCache::new(&memory);
        let words = |cache: &RangeCache<&Counting>| {
            [0x30, 0x10, 0x20].map(|addr| cache.read_word(addr, 1).unwrap())
        };
        assert_eq!(words(&cache), [1, 2, 3]);
        cache.read_again();
        assert_eq!(words(&cache), [4, 5, 6]);
        cache.set_pass(Pass::Second);
        assert_eq!(words(&cache), [9, 8, 7]);
        cache.read_again();
        assert_eq!(words(&cache), [10, 11, 12]);
    }

    #[test]
    fn what_is_gone_cannot_be_read() {
        let memory = Changing::default();
        memory.end.set(0x1000);
        let mut cache = RangeCache::new(&memory);
        assert_eq!(cache.read_word(0x10, 1), Ok(0));
        memory.end.set(0);
        cache.read_again();
        assert!(cache.read_word(0x10, 1).is_err());
    }
}
