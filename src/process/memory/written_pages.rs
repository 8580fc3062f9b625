//! Which pages of a process hold what it has written: all that its objects can
//! be in.

use procfs::process::{MemoryPageFlags, PageInfo};

use super::Mapping;
use super::page_store::{PAGE_SHIFT, PAGE_SIZE};
use crate::process::Process;
use crate::process::proc::files;

/// Pages of address space that are looked through at most: 16 GiB.
const MOST_LISTED: u64 = 1 << 22;
/// Pages that are not in RAM and are read all the same at most: 16 MiB.
const MOST_SWAPPED: usize = 4096;
/// Pages that are asked about at once.
const BATCH: usize = 1 << 14;

/// Addresses and lengths.
type Ranges = Vec<(u64, usize)>;

impl Process {
    /// The pages of writable memory that are in RAM, sorted. `None` when there
    /// are more than `most`, or when it cannot be known. To read others could
    /// move them there.
    pub fn written_pages(&self, most: usize) -> Option<Ranges> {
        self.pages(most, None)
    }

    /// The same with those that are not in RAM, where there are few of them: to
    /// read them moves them there. The kernel says of pages that guard a stack,
    /// which cannot be read, that they are swapped out, too.
    pub fn all_written_pages(&self, most: usize) -> Option<Ranges> {
        self.pages(most, Some(MOST_SWAPPED))
    }

    fn pages(&self, most: usize, mut swapped: Option<usize>) -> Option<Ranges> {
        let directory = self.live_directory()?;
        let mut mappings = files::mappings(directory).ok()?;
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
                let known = pagemap.get_range_info(rest.start..end).ok()?;
                for (page, info) in (rest.start..end).zip(known) {
                    match state(info) {
                        State::Absent => continue,
                        State::Present => {}
                        State::Swapped if swapped.is_none() => continue,
                        State::Swapped => take(swapped.as_mut()?)?,
                    }
                    take(&mut left)?;
                    add(&mut ranges, page);
                }
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

/// Where a page is.
enum State {
    Present,
    Swapped,
    /// It was never written.
    Absent,
}

fn state(info: PageInfo) -> State {
    match info {
        PageInfo::MemoryPage(flags) if flags.contains(MemoryPageFlags::PRESENT) => State::Present,
        PageInfo::MemoryPage(_) => State::Absent,
        PageInfo::SwapPage(_) => State::Swapped,
    }
}

/// One less; `None` where none is left.
fn take(left: &mut usize) -> Option<()> {
    *left = left.checked_sub(1)?;
    Some(())
}

fn add(ranges: &mut Ranges, page: usize) {
    let addr = (page as u64) << PAGE_SHIFT;
    match ranges.last_mut() {
        Some((start, len)) if *start + *len as u64 == addr => *len += PAGE_SIZE,
        _ => ranges.push((addr, PAGE_SIZE)),
    }
}
