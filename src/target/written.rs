//! Which pages of a process hold what it has written: all that its objects can
//! be in.

use procfs::process::{MemoryPageFlags, PageInfo, PageMap};

use super::memory::Mapping;
use super::page_store::{PAGE_SHIFT, PAGE_SIZE};
use super::{Process, proc_files};

/// Pages of address space that are looked through at most: 16 GiB.
const MOST_LISTED: u64 = 1 << 22;
/// Pages that are asked about at once.
const BATCH: usize = 1 << 14;

/// Addresses and lengths.
type Ranges = Vec<(u64, usize)>;

impl Process {
    /// The pages of writable memory that are in RAM, sorted. `None` when there
    /// are more than `most`, or when it cannot be known. To read others could
    /// move them there.
    pub fn written_pages(&self, most: usize) -> Option<Ranges> {
        self.pages(most, false)
    }

    /// The same where all of it is in RAM: `None` as well when some of it is
    /// swapped out.
    pub fn all_written_pages(&self, most: usize) -> Option<Ranges> {
        self.pages(most, true)
    }

    fn pages(&self, most: usize, all: bool) -> Option<Ranges> {
        let directory = self.live_directory()?;
        let mut mappings = proc_files::mappings(directory).ok()?;
        mappings.retain(|mapping| mapping.readable && mapping.writable);
        let pages = mappings.iter().map(|mapping| places(mapping).len() as u64);
        if pages.sum::<u64>() > MOST_LISTED {
            return None;
        }
        let mut pagemap = directory.pagemap().ok()?;
        let mut left = most;
        let mut ranges = Ranges::new();
        for mapping in &mappings {
            let mut rest = places(mapping);
            while !rest.is_empty() {
                let end = rest.end.min(rest.start + BATCH);
                add_present(&mut pagemap, rest.start..end, all, &mut left, &mut ranges)?;
                rest.start = end;
            }
        }
        Some(ranges)
    }
}

/// Numbers of the mapping's pages.
fn places(mapping: &Mapping) -> std::ops::Range<usize> {
    let place = |addr: u64| (addr >> PAGE_SHIFT) as usize;
    place(mapping.start)..place(mapping.end)
}

fn add_present(
    pagemap: &mut PageMap,
    pages: std::ops::Range<usize>,
    all: bool,
    left: &mut usize,
    ranges: &mut Ranges,
) -> Option<()> {
    let known = pagemap.get_range_info(pages.clone()).ok()?;
    for (page, info) in pages.zip(known) {
        let is_present = match info {
            PageInfo::MemoryPage(flags) => flags.contains(MemoryPageFlags::PRESENT),
            PageInfo::SwapPage(_) if all => return None,
            PageInfo::SwapPage(_) => false,
        };
        if !is_present {
            continue;
        }
        *left = left.checked_sub(1)?;
        let addr = (page as u64) << PAGE_SHIFT;
        match ranges.last_mut() {
            Some((start, len)) if *start + *len as u64 == addr => *len += PAGE_SIZE,
            _ => ranges.push((addr, PAGE_SIZE)),
        }
    }
    Some(())
}
