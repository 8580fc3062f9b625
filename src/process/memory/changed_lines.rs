//! Which lines of memory were equal in two copies of it.

use rustc_hash::FxHashMap;

use super::page_store::{PAGE_SHIFT, PAGE_SIZE};

/// Bytes of a line, the unit of comparison. A page has as many as a word has bits.
const LINE: usize = PAGE_SIZE / u64::BITS as usize;
/// All lines of a page differ.
pub(crate) const ALL: u64 = u64::MAX;

/// Lines of pages: the number of each page, with a bit for each line.
pub type Lines = Vec<(u64, u64)>;

/// The lines that differ between two copies of pages: page number → a bit for each
/// line.
#[derive(Debug, Default)]
pub struct ChangedLines(FxHashMap<u64, u64>);

/// What may have become different in the pages of a cache since it was asked last.
#[derive(Debug, Default)]
pub struct CacheChanges {
    /// Everything may.
    pub everything: bool,
    /// These lines may: page number → a bit for each line.
    lines: FxHashMap<u64, u64>,
}

impl CacheChanges {
    /// That everything may.
    pub(crate) fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Adds lines of a page.
    pub(crate) fn add(&mut self, page: u64, lines: u64) {
        *self.lines.entry(page).or_default() |= lines;
    }

    /// Adds the lines that differ between two copies.
    pub fn add_differing(&mut self, other: &ChangedLines) {
        for (page, lines) in other.0.iter().filter(|(_, lines)| **lines != 0) {
            self.add(*page, *lines);
        }
    }

    /// Whether any of `lines` may be different.
    pub fn touch(&self, lines: &[(u64, u64)]) -> bool {
        let differs = |(page, wanted): &(u64, u64)| {
            let differing = self.lines.get(page);
            differing.is_some_and(|differing| differing & wanted != 0)
        };
        self.everything || lines.iter().any(differs)
    }
}

/// The lines that differ between two copies of a page.
pub(crate) fn differing(first: &[u8], second: &[u8]) -> u64 {
    let lines = first.chunks(LINE).zip(second.chunks(LINE));
    let differing = lines
        .zip(0..)
        .filter(|((first, second), _)| first != second);
    differing.fold(0, |bits, (_, line)| bits | 1 << line)
}

/// The lines of a range of bytes, which is not empty. It may not cross the end of a page.
fn lines_of(start: u64, end: u64) -> u64 {
    let line = |at: u64| (at as usize % PAGE_SIZE / LINE) as u32;
    let (first, last) = (line(start), line(end.saturating_sub(1).max(start)));
    (ALL << first) & (ALL >> (u64::BITS - 1 - last))
}

/// The lines of ranges (start, end), by page, in ascending order.
pub(crate) fn lines_of_ranges(ranges: &[(u64, u64)]) -> Lines {
    let mut lines = Lines::with_capacity(ranges.len());
    for &(start, end) in ranges {
        let mut at = start;
        while at < end {
            let page = at >> PAGE_SHIFT;
            let until = end.min((page + 1) << PAGE_SHIFT);
            let wanted = lines_of(at, until);
            match lines.last_mut() {
                Some(last) if last.0 == page => last.1 |= wanted,
                _ => lines.push((page, wanted)),
            }
            at = until;
        }
    }
    lines.sort_unstable_by_key(|(page, _)| *page);
    lines.dedup_by(|next, kept| {
        let is_same = next.0 == kept.0;
        kept.1 |= if is_same { next.1 } else { 0 };
        is_same
    });
    lines
}

impl ChangedLines {
    /// Compares two copies of a page. `None` when the second could not be read.
    pub(crate) fn add(&mut self, page: u64, copies: Option<(&[u8], &[u8])>) {
        let differing = copies.map_or(ALL, |(first, second)| match first == second {
            true => 0,
            false => differing(first, second),
        });
        self.0.insert(page, differing);
    }

    /// Whether all of `lines` were copied twice and are equal.
    pub fn are_same(&self, lines: &[(u64, u64)]) -> bool {
        lines.iter().all(|(page, wanted)| {
            let differing = self.0.get(page);
            differing.is_some_and(|differing| differing & wanted == 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::process::memory::changed_lines::*;

    #[test]
    fn only_what_touches_a_line_that_differs_is_not_the_same() {
        let first = [0; PAGE_SIZE];
        let mut second = first;
        (second[130], second[PAGE_SIZE - 1]) = (1, 1);
        let mut lines = ChangedLines::default();
        lines.add(5, Some((&first, &second)));
        lines.add(6, Some((&first, &first)));
        lines.add(7, None);
        let at = |page: u64, start: u64, end: u64| {
            let base = page << PAGE_SHIFT;
            lines.are_same(&lines_of_ranges(&[(base + start, base + end)]))
        };
        assert!(at(5, 0, 128) && at(5, 192, 4032) && at(6, 0, 4096));
        assert!(!at(5, 0, 129) && !at(5, 191, 192) && !at(5, 4032, 4096));
        assert!(!at(7, 0, 8) && !at(8, 0, 8));
        assert!(at(6, 0, 4096) && !at(6, 0, 2 * 4096) && !at(4, 4000, 4200));
        assert!(lines.are_same(&[]));
        assert!(!lines.are_same(&[(6, 1), (0, 1)]));
        let mut changes = CacheChanges::default();
        changes.add_differing(&lines);
        assert!(changes.touch(&[(5, 1 << 2)]) && changes.touch(&[(7, 1)]));
        assert!(!changes.touch(&[(5, 1), (6, ALL), (8, ALL)]));
        changes.everything = true;
        assert!(changes.touch(&[(6, 1)]) && changes.touch(&[]));
    }

    #[test]
    fn lines_of_ranges_are_one_for_each_page() {
        let page = PAGE_SIZE as u64;
        let ranges = [
            (2 * page + 64, 2 * page + 65),
            (page + 4032, 2 * page + 1),
            (page, page + 8),
        ];
        assert_eq!(lines_of_ranges(&ranges), [(1, 1 | 1 << 63), (2, 0b11)]);
        assert_eq!(lines_of_ranges(&[]), []);
    }
}
