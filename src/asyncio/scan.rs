//! Finding objects by the address of their type, in all memory that a process has
//! written. One pass in order of addresses is faster than following the collector's
//! lists, which lead back and forth.

use super::enumerate::{Heap, asyncio_is_imported};
use crate::cpython::error::Result;
use crate::cpython::{Interpreter, Kind, Reader};
use crate::process::{Memory, Piece};

/// Bytes that are searched at a time: they stay in the processor's cache.
const WINDOW: usize = 256 << 10;
/// Size of a page in bytes: the smallest unit that is mapped.
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

/// Searches `ranges` (address and length) of `memory` for the objects that
/// [`super::search_heap`] finds. The result also has objects that were freed and
/// coroutines in any state; the caller sorts them out. `None` where the result could
/// be incomplete.
pub fn scan_heap(
    reader: &Reader<'_>,
    runtime: u64,
    interpreter: &Interpreter,
    memory: &dyn Memory,
    ranges: &[(u64, usize)],
) -> Option<Heap> {
    let mut heap = Heap::default();
    let greenlets = reader.greenlet_types(interpreter.addr);
    let (mut tasks, mut coroutines) = (Vec::new(), Vec::new());
    if asyncio_is_imported(reader, interpreter.addr) {
        reader.collector_lists(runtime, interpreter.addr).ok()?;
        tasks = task_types(reader, interpreter.addr).ok()?;
        coroutines = coroutine_types(reader, interpreter.addr)?;
    } else if greenlets.greenlets.is_empty() {
        return Some(heap);
    }
    let all = tasks.iter().chain(&coroutines).chain(&greenlets.greenlets);
    let words = Words::new(all.chain(&greenlets.waited_in).copied());
    let ob_type = u64::from(reader.layout.object.ob_type);
    let mut left = reader.limits.gc_objects;
    visit(memory, ranges, &words, &mut |at, ty| {
        let Some(object) = at.checked_sub(ob_type).filter(|_| left > 0) else {
            return;
        };
        left -= 1;
        if tasks.contains(&ty) {
            heap.tasks.push(object);
        } else if coroutines.contains(&ty) {
            heap.coroutines.push(object);
        } else if greenlets.greenlets.contains(&ty) {
            heap.greenlets.push(object);
        } else {
            heap.waited_in.push(object);
        }
    });
    heap.walked = !coroutines.is_empty();
    (left > 0).then_some(heap)
}

/// The type of native tasks and its subclasses.
fn task_types(reader: &Reader<'_>, interp: u64) -> Result<Vec<u64>> {
    let Some(native) = reader.module_global(interp, NATIVE.0, NATIVE.1)? else {
        return Ok(Vec::new());
    };
    let mut types = reader.subclasses(native)?;
    types.push(native);
    Ok(types)
}

/// The types of coroutines. `None` if the module does not have them under their
/// names.
fn coroutine_types(reader: &Reader<'_>, interp: u64) -> Option<Vec<u64>> {
    let types = COROUTINES.into_iter().map(|(name, kind)| {
        let addr = reader.module_global(interp, TYPES_MODULE, name).ok()??;
        let is_it = reader.type_at(addr).is_ok_and(|ty| ty.exact == kind);
        is_it.then_some(addr)
    });
    types.collect()
}

/// The few words that are searched for.
struct Words {
    words: Vec<u64>,
    /// A set bit for each value of some bits that one of the words has.
    bits: [u64; Self::BITS as usize / 64],
}

impl Words {
    /// Number of bits: enough that few other words pass.
    const BITS: u64 = 4096;
    /// Types are aligned to 16 bytes.
    const SHIFT: u32 = 4;

    fn new(words: impl Iterator<Item = u64>) -> Self {
        let mut this = Self {
            words: words.collect(),
            bits: [0; Self::BITS as usize / 64],
        };
        for word in &this.words {
            let (index, bit) = Self::bit(*word);
            this.bits[index] |= bit;
        }
        this
    }

    #[inline]
    fn bit(word: u64) -> (usize, u64) {
        let bit = (word >> Self::SHIFT) % Self::BITS;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    #[inline]
    fn contain(&self, word: u64) -> bool {
        let (index, bit) = Self::bit(word);
        self.bits[index] & bit != 0 && self.words.contains(&word)
    }

    /// Calls `found` with address and value of each of these words in `bytes`, which
    /// begin at `addr`.
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

/// Searches `ranges` for `words`. Pages that can no longer be read are left out.
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
            // One unmapped page fails the whole piece, so read its pages one by one.
            for (at, page) in (piece.addr..).step_by(PAGE).zip(piece.buf.chunks_mut(PAGE)) {
                if memory.read(at, page).is_ok() {
                    words.visit(at, page, found);
                }
            }
        }
    }
}

/// A range in parts, of which several fit into a window.
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
