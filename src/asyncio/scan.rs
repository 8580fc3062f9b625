//! Objects found by the address of their type, in all memory that a process has
//! written: one way through it, where the collector's lists lead back and forth.

use super::enumerate::{Heap, asyncio_is_imported};
use crate::cpython::error::Result;
use crate::cpython::{Interpreter, Kind, Reader};
use crate::process::{Memory, Piece};

/// Memory that is looked through at a time: it stays in the processor's cache.
const WINDOW: usize = 256 << 10;
/// A page, the least that can be read by itself.
const PAGE: usize = 4 << 10;
const WORD: usize = 8;

/// Module and names of the types of coroutines (Lib/types.py).
const TYPES_MODULE: &str = "types";
const COROUTINES: [(&str, Kind); 2] = [
    ("CoroutineType", Kind::Coroutine),
    ("AsyncGeneratorType", Kind::AsyncGenerator),
];
/// Module and name of the native task (Modules/_asynciomodule.c).
const NATIVE: (&str, &str) = ("_asyncio", "Task");

/// Looks through `ranges` of `memory` for what [`super::search_heap`] finds. What
/// is no object any more is among it, and what is in use: to be sorted out by
/// those who know. `None` where this cannot be known to find all.
pub fn scan_heap(
    reader: &Reader<'_>,
    runtime: u64,
    interpreter: &Interpreter,
    memory: &dyn Memory,
    ranges: &[(u64, usize)],
) -> Option<Heap> {
    let mut heap = Heap::default();
    if !asyncio_is_imported(reader, interpreter.addr) {
        return Some(heap);
    }
    reader.collector_lists(runtime, interpreter.addr).ok()?;
    let tasks = task_types(reader, interpreter.addr).ok()?;
    let coroutines = coroutine_types(reader, interpreter.addr)?;
    let words = Words::new(tasks.iter().chain(&coroutines).copied());
    let ob_type = u64::from(reader.layout.object.ob_type);
    let mut left = reader.limits.gc_objects;
    visit(memory, ranges, &words, &mut |at, ty| {
        let Some(object) = at.checked_sub(ob_type).filter(|_| left > 0) else {
            return;
        };
        left -= 1;
        match tasks.contains(&ty) {
            true => heap.tasks.push(object),
            false => heap.coroutines.push(object),
        }
    });
    heap.walked = true;
    (left > 0).then_some(heap)
}

/// The native task and the classes that derive from it.
fn task_types(reader: &Reader<'_>, interp: u64) -> Result<Vec<u64>> {
    let Some(native) = reader.module_global(interp, NATIVE.0, NATIVE.1)? else {
        return Ok(Vec::new());
    };
    let mut types = reader.subclasses(native)?;
    types.push(native);
    Ok(types)
}

/// The types of coroutines, where the module that names them does so truly.
fn coroutine_types(reader: &Reader<'_>, interp: u64) -> Option<Vec<u64>> {
    let types = COROUTINES.into_iter().map(|(name, kind)| {
        let addr = reader.module_global(interp, TYPES_MODULE, name).ok()??;
        let is_it = reader.type_at(addr).is_ok_and(|ty| ty.exact == kind);
        is_it.then_some(addr)
    });
    types.collect()
}

/// A few words that are looked for among very many.
struct Words {
    words: Vec<u64>,
    /// By some of their bits: whether one of them has those.
    bits: [u64; Self::BITS as usize / 64],
}

impl Words {
    /// Enough that few others share the bits of a type's address.
    const BITS: u64 = 4096;
    /// Types lie at multiples of 16.
    const SHIFT: u32 = 4;

    fn new(words: impl Iterator<Item = u64>) -> Self {
        let mut this = Self {
            words: words.collect(),
            bits: [0; Self::BITS as usize / 64],
        };
        for word in &this.words {
            let (place, bit) = Self::place(*word);
            this.bits[place] |= bit;
        }
        this
    }

    #[inline]
    fn place(word: u64) -> (usize, u64) {
        let bit = (word >> Self::SHIFT) % Self::BITS;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    #[inline]
    fn contain(&self, word: u64) -> bool {
        let (place, bit) = Self::place(word);
        self.bits[place] & bit != 0 && self.words.contains(&word)
    }

    /// Calls `found` with the address of each word in `bytes`, which begin at
    /// `addr`, that is one of these, and with that word.
    fn visit(&self, addr: u64, bytes: &[u8], found: &mut dyn FnMut(u64, u64)) {
        let (words, _) = bytes.as_chunks::<WORD>();
        for (at, word) in (addr..).step_by(WORD).zip(words) {
            let word = u64::from_le_bytes(*word);
            if self.contain(word) {
                found(at, word);
            }
        }
    }
}

/// Looks for `words` in all of `ranges`; what cannot be read any more is left out.
fn visit(
    memory: &dyn Memory,
    ranges: &[(u64, usize)],
    words: &Words,
    found: &mut dyn FnMut(u64, u64),
) {
    let mut buffer = vec![0; WINDOW];
    let mut parts = ranges
        .iter()
        .flat_map(|(addr, len)| parts(*addr, *len))
        .peekable();
    while parts.peek().is_some() {
        let mut pieces = Vec::new();
        let mut rest = &mut *buffer;
        while let Some((addr, len)) = parts.next_if(|(_, len)| *len <= rest.len()) {
            let (front, behind) = rest.split_at_mut(len);
            pieces.push(Piece::new(addr, front));
            rest = behind;
        }
        memory.read_many(&mut pieces);
        for piece in &mut pieces {
            if piece.done {
                words.visit(piece.addr, piece.buf, found);
                continue;
            }
            // One page that is gone fails all that are read with it.
            for (at, page) in (piece.addr..).step_by(PAGE).zip(piece.buf.chunks_mut(PAGE)) {
                if memory.read(at, page).is_ok() {
                    words.visit(at, page, found);
                }
            }
        }
    }
}

/// A range in parts that fit into a window with others.
fn parts(addr: u64, len: usize) -> impl Iterator<Item = (u64, usize)> {
    const PART: usize = WINDOW / 4;
    let starts = (0..len).step_by(PART);
    starts.map(move |start| (addr + start as u64, PART.min(len - start)))
}

#[cfg(test)]
mod tests {
    use crate::asyncio::scan::*;
    use crate::process::{ReadCause, ReadError};

    /// Memory whose words are their own addresses, with a hole.
    struct Own {
        hole: std::ops::Range<u64>,
    }

    impl Memory for Own {
        fn read(&self, addr: u64, buf: &mut [u8]) -> std::result::Result<(), ReadError> {
            let len = buf.len();
            if addr < self.hole.end && self.hole.start < addr + len as u64 {
                let cause = ReadCause::Unmapped;
                return Err(ReadError { addr, len, cause });
            }
            for (at, word) in (addr..).step_by(WORD).zip(buf.chunks_mut(WORD)) {
                word.copy_from_slice(&at.to_le_bytes());
            }
            Ok(())
        }

        fn stats(&self) -> crate::process::ReadStats {
            crate::process::ReadStats::default()
        }
    }

    fn found(wanted: &[u64], ranges: &[(u64, usize)], hole: std::ops::Range<u64>) -> Vec<u64> {
        let mut found = Vec::new();
        let words = Words::new(wanted.iter().copied());
        visit(&Own { hole }, ranges, &words, &mut |at, word| {
            assert_eq!(at, word);
            found.push(at);
        });
        found
    }

    #[test]
    fn every_word_of_every_range_is_looked_at() {
        let base = 0x7f00_0000_0000;
        let large = 3 * WINDOW + 5 * PAGE;
        let ranges = [(0x1000, PAGE), (base, large)];
        let last = base + large as u64 - 8;
        let wanted = [
            0x1000,
            0x1ff8,
            0x2000,
            base,
            base + WINDOW as u64,
            last,
            last + 8,
        ];
        let expected = [0x1000, 0x1ff8, base, base + WINDOW as u64, last];
        assert_eq!(found(&wanted, &ranges, 0..0), expected);
    }

    #[test]
    fn a_page_that_is_gone_hides_only_itself() {
        let base = 0x7f00_0000_0000;
        let page = PAGE as u64;
        let wanted = [base, base + page, base + 2 * page, base + 8 * page];
        let hole = base + page..base + 2 * page;
        let expected = [base, base + 2 * page, base + 8 * page];
        assert_eq!(found(&wanted, &[(base, 16 * PAGE)], hole), expected);
    }
}
