//! How recorded memory is written and read: a table of pieces, then their bytes. A
//! piece that is equal in a base memory is only referred to.

use std::sync::Arc;

use thiserror::Error;

use super::super::memory::Memory;
use super::super::memory::page_store::PAGE_SHIFT;
use super::memory::{EntryTable, RecordedMemory, Run};

/// Largest number of runs of all memories of one recording. With their bytes they
/// take far less than a gigabyte of our own memory.
pub const MAX_RUNS: usize = 8 << 20;

/// Recorded memory that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ImageError {
    /// The bytes end within the table or a piece.
    #[error("the table of recorded memory is cut short")]
    Short,
    /// A piece is empty or ends beyond the address space.
    #[error("a piece of recorded memory lies outside the address space")]
    Outside,
    /// A piece refers to the base memory, which does not have it.
    #[error("a piece of recorded memory refers to one that is not there")]
    NoSuchPiece,
    /// There are more pieces than are allowed.
    #[error("there are more pieces of recorded memory than fit")]
    TooMany,
}

/// A position in the bytes of a recording.
#[derive(Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At index `at` of `bytes`.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The index of the next byte.
    pub fn position(&self) -> usize {
        self.at
    }

    /// An unsigned number in LEB128: seven bits a byte, the lowest first.
    ///
    /// # Errors
    /// When the bytes end, or the number has more than 64 bits.
    pub fn number(&mut self) -> Result<u64, ImageError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = *self.bytes.get(self.at).ok_or(ImageError::Short)?;
            self.at += 1;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(ImageError::Outside);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(ImageError::Outside)
    }

    fn skip(&mut self, len: usize) -> Result<usize, ImageError> {
        let from = self.at;
        let to = from.checked_add(len).ok_or(ImageError::Short)?;
        if to > self.bytes.len() {
            return Err(ImageError::Short);
        }
        self.at = to;
        Ok(from)
    }
}

/// Appends `number` in LEB128.
pub fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends `memory`. Pieces that are equal in `base` are only referred to.
pub fn write_image(out: &mut Vec<u8>, memory: &RecordedMemory, base: Option<&RecordedMemory>) {
    write_number(out, memory.bad.len() as u64);
    let mut last = 0;
    for page in memory.bad.iter() {
        write_number(out, page - last);
        last = *page;
    }
    let mut table = Vec::new();
    let mut own = Vec::new();
    let (mut count, mut end) = (0, 0);
    for run in memory.runs.iter() {
        let mut at = run.start;
        while at < run.end() {
            let len = piece_len(at, run.end());
            let Some(bytes) = memory.bytes_of(at, len) else {
                break;
            };
            let same = base.is_some_and(|base| base.bytes_of(at, len) == Some(bytes));
            write_number(&mut table, at - end);
            write_number(&mut table, (len as u64) << 1 | u64::from(same));
            if !same {
                own.extend_from_slice(bytes);
            }
            count += 1;
            at += len as u64;
            end = at;
        }
    }
    write_number(out, count);
    out.append(&mut table);
    out.append(&mut own);
}

/// The number of bytes from `at` to `end` or the end of the page.
fn piece_len(at: u64, end: u64) -> usize {
    let page_end = ((at >> PAGE_SHIFT) + 1) << PAGE_SHIFT;
    (end.min(page_end.max(at + 1)) - at) as usize
}

/// Reads what [`write_image`] wrote. `runs` is the number of pieces that are still
/// allowed, and is counted down.
///
/// # Errors
/// When the bytes are damaged or there are too many pieces.
pub fn read_image(
    bytes: &Arc<Vec<u8>>,
    from: &mut Cursor<'_>,
    base: Option<&RecordedMemory>,
    runs: &mut usize,
) -> Result<RecordedMemory, ImageError> {
    let bad = read_bad(from, runs)?;
    let count = from.number()?;
    let mut read: Vec<(Run, bool)> = Vec::new();
    let mut end: u64 = 0;
    for _ in 0..count {
        let start = end.checked_add(from.number()?).ok_or(ImageError::Outside)?;
        let word = from.number()?;
        let len = usize::try_from(word >> 1).map_err(|_| ImageError::Outside)?;
        end = start.checked_add(len as u64).ok_or(ImageError::Outside)?;
        if len == 0 {
            return Err(ImageError::Outside);
        }
        *runs = runs.checked_sub(1).ok_or(ImageError::TooMany)?;
        read.push((Run { start, len, at: 0 }, word & 1 == 1));
    }
    let mut joined: Vec<Run> = Vec::new();
    for (mut run, same) in read {
        run.at = match same {
            true => {
                let base = base.ok_or(ImageError::NoSuchPiece)?;
                base.index_of(run.start, run.len)
                    .ok_or(ImageError::NoSuchPiece)?
            }
            false => from.skip(run.len)?,
        };
        match joined.last_mut() {
            Some(last) if last.end() == run.start && last.at + last.len == run.at => {
                last.len += run.len;
            }
            _ => joined.push(run),
        }
    }
    Ok(RecordedMemory {
        runs: joined.into(),
        bad: bad.into(),
        bytes: Arc::clone(bytes),
    })
}

fn read_bad(from: &mut Cursor<'_>, runs: &mut usize) -> Result<Vec<u64>, ImageError> {
    let mut bad = Vec::new();
    let mut page: u64 = 0;
    for _ in 0..from.number()? {
        page = page
            .checked_add(from.number()?)
            .ok_or(ImageError::Outside)?;
        *runs = runs.checked_sub(1).ok_or(ImageError::TooMany)?;
        bad.push(page);
    }
    Ok(bad)
}

impl RecordedMemory {
    /// Copies `ranges` (start, end; sorted, none touching another) of `memory`, without
    /// the parts that cannot be read. `bad` are numbers of unreadable pages.
    pub fn copy_of(memory: &dyn Memory, ranges: &[(u64, u64)], bad: Vec<u64>) -> Self {
        let mut bytes = Vec::new();
        let mut runs: Vec<Run> = Vec::new();
        for &(start, end) in ranges {
            let mut from = start;
            while from < end {
                let len = piece_len(from, end);
                let at = bytes.len();
                bytes.resize(at + len, 0);
                if memory.read(from, &mut bytes[at..]).is_err() {
                    bytes.truncate(at);
                } else {
                    match runs.last_mut() {
                        Some(last) if last.end() == from => last.len += len,
                        _ => runs.push(Run {
                            start: from,
                            len,
                            at,
                        }),
                    }
                }
                from += len as u64;
            }
        }
        Self {
            runs: runs.into(),
            bad: bad.into(),
            bytes: Arc::new(bytes),
        }
    }

    /// Clears the first word of each entry of `tables`, unless all of its bits are
    /// set: see [`Memory::unneeded`].
    pub fn clear_words(&mut self, tables: &[EntryTable]) {
        const WORD: usize = size_of::<u64>();
        for &EntryTable { addr, count, size } in tables {
            for index in 0..count {
                let entry = addr.wrapping_add((index * size) as u64);
                let Some(at) = self.index_of(entry, WORD) else {
                    continue;
                };
                let bytes = Arc::make_mut(&mut self.bytes);
                if let Some(word) = bytes.get_mut(at..at + WORD)
                    && *word != [0xff; WORD]
                {
                    word.fill(0);
                }
            }
        }
    }

    /// The number of bytes, and of runs and unreadable pages.
    pub fn size(&self) -> (usize, usize) {
        let bytes = self.runs.iter().map(|run| run.len).sum();
        (bytes, self.runs.len() + self.bad.len())
    }

    /// Index of the `len` bytes at `addr` in the bytes of the recording. `None` when
    /// they are not all in one run.
    fn index_of(&self, addr: u64, len: usize) -> Option<usize> {
        let run = self
            .runs
            .get(self.runs.partition_point(|run| run.end() <= addr))?;
        let inside = usize::try_from(addr.checked_sub(run.start)?).ok()?;
        let fits = inside.checked_add(len)? <= run.len;
        fits.then(|| run.at + inside)
    }

    fn bytes_of(&self, addr: u64, len: usize) -> Option<&[u8]> {
        let at = self.index_of(addr, len)?;
        self.bytes.get(at..at.checked_add(len)?)
    }
}

#[cfg(test)]
mod tests {
    use crate::process::memory::{ReadCause, ReadError, ReadStats};
    use crate::process::recorded::encoding::*;

    /// Each byte is its address modulo 251. Nothing is below 0x1000.
    struct Numbers(u8);

    impl Memory for Numbers {
        fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            let (len, cause) = (buf.len(), ReadCause::Unmapped);
            if addr < 0x1000 {
                return Err(ReadError { addr, len, cause });
            }
            for (byte, addr) in buf.iter_mut().zip(addr..) {
                *byte = (addr % 251) as u8;
                if (0x3000..0x3010).contains(&addr) {
                    *byte = self.0;
                }
            }
            Ok(())
        }

        fn stats(&self) -> ReadStats {
            ReadStats::default()
        }
    }

    fn through_a_file(memory: &RecordedMemory, base: Option<&RecordedMemory>) -> RecordedMemory {
        let mut body = Vec::new();
        if let Some(base) = base {
            write_image(&mut body, base, None);
        }
        write_image(&mut body, memory, base);
        let body = Arc::new(body);
        let mut cursor = Cursor::new(&body, 0);
        let mut runs = MAX_RUNS;
        let base = base.map(|_| read_image(&body, &mut cursor, None, &mut runs).unwrap());
        let read = read_image(&body, &mut cursor, base.as_ref(), &mut runs).unwrap();
        assert_eq!(cursor.position(), body.len());
        read
    }

    #[test]
    fn memory_comes_back_as_it_was_written() {
        let ranges = [(0x1ff0, 0x4008), (0x5001, 0x5003), (0x9000, 0xa000)];
        let last = RecordedMemory::copy_of(&Numbers(7), &ranges, vec![0, 0x77]);
        let first = RecordedMemory::copy_of(&Numbers(9), &ranges[..2], vec![0]);
        for (memory, base) in [(&last, None), (&first, Some(&last))] {
            let read = through_a_file(memory, base);
            let mut theirs = vec![0; 0x2018];
            let mut ours = vec![0; 0x2018];
            read.read(0x1ff0, &mut theirs).unwrap();
            memory.read(0x1ff0, &mut ours).unwrap();
            assert_eq!(theirs, ours);
            assert_eq!(read.bad, memory.bad);
            let ranges: Vec<_> = read.ranges().collect();
            assert!(ranges.contains(&(0x5001, 0x5003)), "{ranges:x?}");
        }
    }

    #[test]
    fn what_was_not_recorded_is_told_from_what_was_not_there() {
        let memory = RecordedMemory::copy_of(&Numbers(7), &[(0x1000, 0x1010)], vec![0x55]);
        let cause = |addr, len| memory.read(addr, &mut vec![0; len]).unwrap_err().cause;
        assert_eq!(cause(0x1008, 9), ReadCause::NotRecorded);
        assert_eq!(cause(0xfff, 2), ReadCause::NotRecorded);
        assert_eq!(cause(0x55_0000, 1), ReadCause::NotRecorded);
        assert_eq!(cause(0x5_5010, 1), ReadCause::Unmapped);
        assert_eq!(cause(u64::MAX - 1, 8), ReadCause::NotRecorded);
        memory.read(0x1000, &mut [0; 16]).unwrap();
    }

    #[test]
    fn words_that_nothing_depends_on_are_cleared() {
        let mut memory = RecordedMemory::copy_of(&Numbers(0xff), &[(0x2ff0, 0x3020)], Vec::new());
        let table = |addr, count, size| EntryTable { addr, count, size };
        memory.clear_words(&[table(0x2ff0, 3, 16), table(0x9000, 5, 24)]);
        let word = |addr| {
            let mut word = [0; 8];
            memory.read(addr, &mut word).map(|()| word)
        };
        assert_eq!(word(0x2ff0), Ok([0; 8]));
        assert_ne!(word(0x2ff8), Ok([0; 8]));
        // All bits are set, which has a meaning.
        assert_eq!(word(0x3000), Ok([0xff; 8]));
        assert_eq!(word(0x3010), Ok([0; 8]));
    }

    #[test]
    fn a_wrong_table_is_refused() {
        let mut runs = MAX_RUNS;
        let mut read = |body: &[u8]| {
            let body = Arc::new(body.to_vec());
            read_image(&body, &mut Cursor::new(&body, 0), None, &mut runs).err()
        };
        assert_eq!(read(&[]), Some(ImageError::Short));
        assert_eq!(read(&[0, 1, 5]), Some(ImageError::Short));
        assert_eq!(read(&[0, 1, 5, 4]), Some(ImageError::Short));
        assert_eq!(read(&[0, 1, 5, 5]), Some(ImageError::NoSuchPiece));
        assert_eq!(read(&[0, 1, 5, 0]), Some(ImageError::Outside));
        assert_eq!(read(&[0xff; 12]), Some(ImageError::Outside));
        let mut few = 1;
        let body = Arc::new(vec![0, 2, 5, 2, 0, 2, 0, 0]);
        let refused = read_image(&body, &mut Cursor::new(&body, 0), None, &mut few);
        assert_eq!(refused.err(), Some(ImageError::TooMany));
    }
}
