//! Which lines of memory were equal in two copies of it.

use rustc_hash::FxHashMap;

use super::page_store::{PAGE_SHIFT, PAGE_SIZE};

/// Bytes of a line, the unit of comparison. A page has as many as a word has bits.
const LINE: usize = PAGE_SIZE / u64::BITS as usize;
/// All lines of a page differ.
const ALL: u64 = u64::MAX;

/// The lines that differ between two copies of pages: page number → a bit for each
/// line.
#[derive(Debug, Default)]
pub struct ChangedLines(FxHashMap<u64, u64>);

impl ChangedLines {
    /// Compares two copies of a page. `None` when the second could not be read.
    pub(crate) fn add(&mut self, page: u64, copies: Option<(&[u8], &[u8])>) {
        let differing = copies.map_or(ALL, |(first, second)| match first == second {
            true => 0,
            false => {
                let lines = first.chunks(LINE).zip(second.chunks(LINE));
                let differing = lines
                    .zip(0..)
                    .filter(|((first, second), _)| first != second);
                differing.fold(0, |bits, (_, line)| bits | 1 << line)
            }
        });
        self.0.insert(page, differing);
    }

    /// Whether all of `ranges` (start, end) were copied twice and are equal. No range
    /// may cross the end of a page.
    pub fn are_same(&self, ranges: &[(u64, u64)]) -> bool {
        ranges.iter().all(|(start, end)| {
            let page = start >> PAGE_SHIFT;
            let line = |at: u64| (at as usize % PAGE_SIZE / LINE) as u32;
            let (first, last) = (line(*start), line(end.saturating_sub(1).max(*start)));
            let wanted = (ALL << first) & (ALL >> (u64::BITS - 1 - last));
            self.0
                .get(&page)
                .is_some_and(|differing| differing & wanted == 0)
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
            lines.are_same(&[(base + start, base + end)])
        };
        assert!(at(5, 0, 128) && at(5, 192, 4032) && at(6, 0, 4096));
        assert!(!at(5, 0, 129) && !at(5, 191, 192) && !at(5, 4032, 4096));
        assert!(!at(7, 0, 8) && !at(8, 0, 8));
        assert!(lines.are_same(&[]));
        assert!(!lines.are_same(&[(6 << PAGE_SHIFT, (6 << PAGE_SHIFT) + 8), (0, 8)]));
    }
}
