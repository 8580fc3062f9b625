//! The pages that a process has written. All of its objects are in them.

use procfs::process::{MemoryPageFlags, PageInfo};

use super::Mapping;
use super::page_store::{PAGE_SHIFT, PAGE_SIZE};
use crate::process::Process;
use crate::process::proc::files;

/// Largest writable address space in pages that is searched: 16 GiB.
const MAX_LISTED: u64 = 1 << 22;
/// Largest number of pages that are read though they are not in RAM: 16 MiB.
const MAX_SWAPPED: usize = 4096;
/// Pages in one read of `pagemap`.
const BATCH: usize = 1 << 14;

/// Addresses and lengths in bytes.
type Ranges = Vec<(u64, usize)>;

impl Process {
    /// The pages of writable memory that are in RAM, sorted. `None` when there are
    /// more than `max`, or when the kernel does not tell. Reading other pages would
    /// move them into RAM.
    pub fn written_pages(&self, max: usize) -> Option<Ranges> {
        self.pages(max, None)
    }

    /// The same including pages that are not in RAM, or `None` when there are more
    /// than 4,096 of those. Reading such pages moves them into RAM. The kernel also
    /// reports guard pages of stacks, which cannot be read, as swapped out.
    pub fn all_written_pages(&self, max: usize) -> Option<Ranges> {
        self.pages(max, Some(MAX_SWAPPED))
    }

    fn pages(&self, max: usize, mut swapped: Option<usize>) -> Option<Ranges> {
        let directory = self.live_directory()?;
        let mut mappings = files::mappings(directory).ok()?;
        mappings.retain(|mapping| mapping.readable && mapping.writable);
        let pages = mappings
            .iter()
            .map(|mapping| page_numbers(mapping).len() as u64);
        if pages.sum::<u64>() > MAX_LISTED {
            return None;
        }
        let mut pagemap = directory.pagemap().ok()?;
        let mut remaining = max;
        let mut ranges = Ranges::new();
        for mapping in &mappings {
            let mut rest = page_numbers(mapping);
            while !rest.is_empty() {
                let end = rest.end.min(rest.start + BATCH);
                let known = pagemap.get_range_info(rest.start..end).ok()?;
                for (page, info) in (rest.start..end).zip(known) {
                    match state(info) {
                        State::Absent => continue,
                        State::Present => {}
                        State::Swapped if swapped.is_none() => continue,
                        State::Swapped => take(swapped.as_mut()?)?,
                    }
                    take(&mut remaining)?;
                    add(&mut ranges, page);
                }
                rest.start = end;
            }
        }
        Some(ranges)
    }
}

/// The numbers of the mapping's pages.
fn page_numbers(mapping: &Mapping) -> std::ops::Range<usize> {
    let number = |addr: u64| (addr >> PAGE_SHIFT) as usize;
    number(mapping.start)..number(mapping.end)
}

/// The state of a page.
enum State {
    /// In RAM.
    Present,
    /// Swapped out.
    Swapped,
    /// Never written.
    Absent,
}

fn state(info: PageInfo) -> State {
    match info {
        PageInfo::MemoryPage(flags) if flags.contains(MemoryPageFlags::PRESENT) => State::Present,
        PageInfo::MemoryPage(_) => State::Absent,
        PageInfo::SwapPage(_) => State::Swapped,
    }
}

/// Counts down. `None` at zero.
fn take(remaining: &mut usize) -> Option<()> {
    *remaining = remaining.checked_sub(1)?;
    Some(())
}

fn add(ranges: &mut Ranges, page: usize) {
    let addr = (page as u64) << PAGE_SHIFT;
    match ranges.last_mut() {
        Some((start, len)) if *start + *len as u64 == addr => *len += PAGE_SIZE,
        _ => ranges.push((addr, PAGE_SIZE)),
    }
}
