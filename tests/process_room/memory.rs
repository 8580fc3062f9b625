//! Reading live memory, and the cache over it.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use dapper_attach::process::{
    Memory, PageCache, Piece, ProcessMemory, ReadCause, ReadError, ReadStats,
};

use crate::support::{Target, until};

const PAGE: u64 = 4096;
const REGION_PAGES: u64 = 64;

/// The byte at `offset` of the region of the program. `None` where it is unreadable.
fn expected(offset: u64) -> Option<u8> {
    let page = offset / PAGE;
    let byte = offset % PAGE;
    (page < REGION_PAGES && page % 4 != 2).then(|| (page * 7 + byte) as u8)
}

fn expected_range(offset: u64, len: usize) -> Option<Vec<u8>> {
    (offset..offset + len as u64).map(expected).collect()
}

fn read(memory: &dyn Memory, addr: u64, len: usize) -> Result<Vec<u8>, ReadError> {
    let mut buf = vec![0xaa; len];
    memory.read(addr, &mut buf)?;
    Ok(buf)
}

#[test]
fn direct_and_cached_reads_agree_at_every_edge() {
    let target = Target::usual(&[]);
    let region = target.addresses["region"];
    let live = target.open().memory();
    let cache = PageCache::new(target.open().memory());
    let small = PageCache::with_capacity(target.open().memory(), 3);
    for page in 0..=REGION_PAGES {
        for near in [-17_i64, -8, -1, 0, 1, 2047] {
            let Some(offset) = (page * PAGE).checked_add_signed(near) else {
                continue;
            };
            for len in [0, 1, 8, 16, 40, 4096, 4097, 3 * 4096, 70 * 4096] {
                let truth = expected_range(offset, len);
                let at = region + offset;
                for memory in [&live as &dyn Memory, &cache, &small] {
                    match (read(memory, at, len), &truth) {
                        (Ok(bytes), Some(truth)) => assert_eq!(bytes, *truth),
                        (Err(error), None) => {
                            let cause = ReadCause::Unmapped;
                            assert_eq!(
                                error,
                                ReadError {
                                    addr: at,
                                    len,
                                    cause
                                }
                            );
                        }
                        (result, truth) => {
                            panic!("{offset} {len}: {result:?} {:?}", truth.is_some())
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn what_can_be_read_of_a_batch_is_read() {
    let target = Target::usual(&[]);
    let region = target.addresses["region"];
    let live = target.open().memory();
    let cache = PageCache::new(target.open().memory());
    for memory in [&live as &dyn Memory, &cache] {
        // More than fit in one call, of all sizes, good and bad mixed.
        let ranges: Vec<(u64, usize)> = (0..3000)
            .map(|n| (n * 379 % (64 * PAGE + 100), (n * 61 % 5000) as usize))
            .collect();
        let mut buffers: Vec<Vec<u8>> = ranges.iter().map(|(_, len)| vec![0; *len]).collect();
        let mut pieces: Vec<Piece<'_>> = ranges
            .iter()
            .zip(&mut buffers)
            .map(|((offset, _), buf)| Piece::new(region + offset, buf))
            .collect();
        memory.read_many(&mut pieces);
        let mut done = 0;
        for (piece, (offset, len)) in pieces.iter().zip(&ranges) {
            let truth = expected_range(*offset, *len);
            assert_eq!(piece.done, truth.is_some(), "{offset} {len}");
            if let Some(truth) = truth {
                assert_eq!(piece.buf, truth);
                done += 1;
            }
        }
        assert!((1000..2999).contains(&done));
    }
}

#[test]
fn a_batch_without_holes_takes_one_call_for_each_1024_pieces() {
    let target = Target::usual(&[]);
    let zeros = target.addresses["zeros"];
    let live = target.open().memory();
    let mut buffers = vec![[0_u8; 8]; 3000];
    let mut pieces: Vec<Piece<'_>> = buffers
        .iter_mut()
        .enumerate()
        .map(|(n, buf)| Piece::new(zeros + n as u64, buf))
        .collect();
    live.read_many(&mut pieces);
    assert!(pieces.iter().all(|piece| piece.done));
    let expected = ReadStats {
        bytes: 24_000,
        syscalls: 3,
    };
    assert_eq!(live.stats(), expected);
}

#[test]
fn hostile_addresses_fail_and_nothing_else() {
    let target = Target::usual(&[]);
    let live = target.open().memory();
    let cache = PageCache::with_capacity(target.open().memory(), 16);
    for memory in [&live as &dyn Memory, &cache] {
        for addr in [
            0,
            1,
            4095,
            1 << 47,
            1 << 63,
            u64::MAX - 4096,
            u64::MAX - 7,
            u64::MAX,
        ] {
            for len in [1, 8, 9, 4096, 10_000] {
                let error = read(memory, addr, len).unwrap_err();
                assert_eq!(error.cause, ReadCause::Unmapped, "{addr:x} {len}");
            }
            assert_eq!(read(memory, addr, 0), Ok(vec![]));
        }
        memory.prefetch(&mut [(0, usize::MAX), (u64::MAX, usize::MAX), (77, 0)].into_iter());
        memory.prefetch(&mut (0..1000).map(|n| (n << 40, 1 << 50)));
    }
    assert!(cache.cache_stats().bad_pages <= 16);
}

#[test]
fn a_process_that_goes_is_told_from_memory_that_is_not_there() {
    let target = Target::usual(&[]);
    let beats = target.addresses["beats"];
    let live = target.open().memory();
    let cache = PageCache::new(target.open().memory());
    assert!(read(&cache, beats, 8).is_ok());
    drop(target);
    assert_eq!(read(&live, beats, 8).unwrap_err().cause, ReadCause::Gone);
    assert_eq!(
        read(&cache, beats ^ (1 << 40), 8).unwrap_err().cause,
        ReadCause::Gone
    );
    // What was read stays readable.
    assert!(read(&cache, beats, 8).is_ok());
    assert_eq!(cache.reread_differs(), 1);
    assert!(read(&cache, beats, 8).is_err());
}

#[test]
fn rereading_sees_what_has_changed_in_a_live_process() {
    let target = Target::usual(&[]);
    let region = target.addresses["region"];
    let cache = PageCache::new(target.open().memory());
    read(&cache, region, 8192).unwrap();
    assert!(read(&cache, region + 2 * PAGE, 1).is_err());
    assert_eq!(cache.reread_differs(), 0);
    let before = read(&cache, target.addresses["beats"], 8).unwrap();
    until("a beat", || {
        cache.reread_differs();
        read(&cache, target.addresses["beats"], 8).unwrap() != before
    });
    assert_eq!(cache.cache_stats().pages, 3);
    cache.clear();
    assert_eq!(cache.cache_stats(), Default::default());
}

/// Memory of which page number N is full of the byte that `fill` has for it.
struct Pretended<F: Fn(u64) -> Option<u8>> {
    fill: RefCell<F>,
    calls: Cell<u64>,
    log: RefCell<Vec<(u64, usize)>>,
}

impl<F: Fn(u64) -> Option<u8>> Pretended<F> {
    fn new(fill: F) -> Self {
        Self {
            fill: RefCell::new(fill),
            calls: Cell::new(0),
            log: RefCell::default(),
        }
    }

    fn fill(&self, addr: u64, buf: &mut [u8]) -> bool {
        self.log
            .borrow_mut()
            .push((addr / PAGE, buf.len() / PAGE as usize));
        // The cache asks for whole pages, or for the first byte of one.
        assert_eq!(addr % PAGE, 0);
        let pages = buf.chunks_mut(PAGE as usize);
        (addr / PAGE..).zip(pages).all(|(page, bytes)| {
            let value = (self.fill.borrow())(page);
            bytes.fill(value.unwrap_or_default());
            value.is_some()
        })
    }
}

impl<F: Fn(u64) -> Option<u8>> Memory for Pretended<F> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.calls.set(self.calls.get() + 1);
        let len = buf.len();
        let cause = ReadCause::Unmapped;
        let is_read = self.fill(addr, buf);
        if is_read {
            Ok(())
        } else {
            Err(ReadError { addr, len, cause })
        }
    }

    fn read_many(&self, pieces: &mut [Piece<'_>]) {
        self.calls.set(self.calls.get() + 1);
        for piece in pieces {
            piece.done = self.fill(piece.addr, piece.buf);
        }
    }

    fn stats(&self) -> ReadStats {
        ReadStats {
            bytes: 0,
            syscalls: self.calls.get(),
        }
    }
}

#[test]
fn prefetching_takes_each_page_once_and_neighbours_together() {
    let cache = PageCache::new(Pretended::new(|page| Some(page as u8)));
    let ranges = [
        (9 * PAGE, 1),
        (2 * PAGE + 100, 4096),
        (5, 1),
        (9 * PAGE + 7, 9),
        (3 * PAGE, 8),
    ];
    cache.prefetch(&mut ranges.into_iter());
    assert_eq!(*cache.source().log.borrow(), [(0, 1), (2, 2), (9, 1)]);
    assert_eq!(cache.stats().syscalls, 1);
    assert_eq!(read(&cache, 3 * PAGE - 1, 2).unwrap(), [2, 3]);
    cache.prefetch(&mut ranges.into_iter());
    assert_eq!(cache.stats().syscalls, 1);
}

#[test]
fn a_bad_page_spoils_only_itself() {
    let cache = PageCache::new(Pretended::new(|page| (page != 3).then_some(page as u8)));
    cache.prefetch(&mut [(PAGE, 5 * PAGE as usize)].into_iter());
    let stats = cache.cache_stats();
    assert_eq!((stats.pages, stats.bad_pages), (4, 1));
    let calls = cache.stats().syscalls;
    assert_eq!(read(&cache, 4 * PAGE, 8).unwrap(), [4; 8]);
    assert!(read(&cache, 3 * PAGE, 8).is_err());
    assert!(read(&cache, 3 * PAGE - 4, 8).is_err());
    assert_eq!(cache.stats().syscalls, calls);
}

#[test]
fn a_full_cache_lets_the_oldest_go_and_stays_right() {
    for capacity in [1, 2, 7, 1024, 1025, 2500] {
        let cache = PageCache::with_capacity(Pretended::new(|page| Some(page as u8)), capacity);
        for round in 0..3 {
            cache.prefetch(&mut [(0, 3000 * PAGE as usize)].into_iter());
            for page in (0..3000).chain((0..3000).rev()).step_by(1 + round) {
                let bytes = read(&cache, page * PAGE + 4000, 8).unwrap();
                assert_eq!(bytes, [page as u8; 8], "{capacity}");
            }
            let all = read(&cache, 0, 3000 * PAGE as usize).unwrap();
            let mut pages = (0_u64..).zip(all.chunks(PAGE as usize));
            assert!(pages.all(|(page, bytes)| bytes == [page as u8; PAGE as usize]));
        }
        let stats = cache.cache_stats();
        assert_eq!(stats.pages, capacity);
        assert!(stats.dropped > 0);
    }
}

#[test]
fn when_full_neighbours_are_fetched_together() {
    let cache = PageCache::with_capacity(Pretended::new(|page| Some(page as u8)), 1024);
    for page in 0..1025 {
        read(&cache, page * PAGE, 1).unwrap();
    }
    let before = cache.stats().syscalls;
    for page in 2048..3072 {
        assert_eq!(read(&cache, page * PAGE, 1).unwrap(), [page as u8]);
    }
    // At the end of an allocation there may be room for a few only.
    assert!(cache.stats().syscalls - before < 1024 / 16);
}

#[test]
fn neighbours_are_fetched_together_and_compared_once_somebody_asked_for_them() {
    let changed = Cell::new(None);
    let fill = |page: u64| Some(page as u8 + u8::from(changed.get() == Some(page)));
    let cache = PageCache::with_capacity(Pretended::new(fill), 100)
        .remembering_dropped()
        .reading_ahead(4);
    let calls = |cache: &PageCache<Pretended<_>>| cache.stats().syscalls;
    assert_eq!(read(&cache, 5 * PAGE, 1).unwrap(), [5]);
    let after_one = calls(&cache);
    assert_eq!(read(&cache, 7 * PAGE, 1).unwrap(), [7]);
    assert_eq!(calls(&cache), after_one, "it came with its neighbour");

    // Nobody has asked for page 6.
    changed.set(Some(6));
    assert!(cache.is_unchanged());
    assert_eq!(cache.held_pages(true).len(), 2);
    assert_eq!(cache.reread_differs(), 0);
    assert_eq!(read(&cache, 6 * PAGE, 1).unwrap(), [7], "it is read anew");
    changed.set(Some(7));
    assert_eq!(
        cache.reread_differs(),
        2,
        "page 6 is as it was, page 7 is not"
    );

    // What is read aside is compared with what was read aside.
    cache.set_secondary(true);
    assert_eq!(read(&cache, 40 * PAGE, 1).unwrap(), [40]);
    assert_eq!(read(&cache, 41 * PAGE, 1).unwrap(), [41]);
    cache.set_secondary(false);
    changed.set(Some(42));
    assert_eq!(cache.secondary_differs(), 0);
    changed.set(Some(41));
    assert_eq!(cache.secondary_differs(), 1);
}

#[test]
fn a_page_is_found_without_a_search_until_another_takes_its_place() {
    let cache = PageCache::with_capacity(Pretended::new(|page| Some(page as u8)), 3);
    for page in [1, 2, 3, 1, 4, 1, 2, 3, 4, 1] {
        assert_eq!(read(&cache, page * PAGE + 9, 8).unwrap(), [page as u8; 8]);
    }
}

#[test]
fn what_is_too_much_to_be_held_leaves_few_pages_until_all_is_forgotten() {
    let most = 40_000;
    let cache = PageCache::with_capacity(Pretended::new(|page| Some(page as u8)), most);
    let held = || cache.cache_stats().pages;
    cache.prefetch(&mut [(0, most * PAGE as usize)].into_iter());
    assert_eq!(held(), most);
    assert_eq!(read(&cache, most as u64 * PAGE, 1).unwrap(), [most as u8]);
    assert!(held() < most / 2, "{}", held());
    for page in (0..most as u64).step_by(7) {
        assert_eq!(read(&cache, page * PAGE + 9, 8).unwrap(), [page as u8; 8]);
    }
    cache.clear();
    cache.prefetch(&mut [(0, most * PAGE as usize)].into_iter());
    assert_eq!(held(), most);
}

#[test]
fn what_is_forgotten_makes_room_so_that_nothing_else_has_to() {
    let cache = PageCache::with_capacity(Pretended::new(|page| Some(page as u8)), 2_000);
    cache.prefetch(&mut [(0, 300 * PAGE as usize)].into_iter());
    for round in 1..40_u64 {
        let first = 1_000 * round;
        cache.set_secondary(true);
        let ranges = [(first * PAGE, 1_000 * PAGE as usize)];
        if round % 2 == 0 {
            cache.make_room_for(&mut ranges.into_iter());
        }
        cache.prefetch(&mut ranges.into_iter());
        cache.set_secondary(false);
        // Some of them are wanted and stay, so that holes are left between them.
        for page in (first..first + 1_000)
            .step_by(97)
            .take((round % 4) as usize)
        {
            assert_eq!(read(&cache, page * PAGE + 7, 1).unwrap(), [page as u8]);
        }
        for page in [0, 150, 299, first, first + 500, first + 999] {
            cache.set_secondary(true);
            assert_eq!(read(&cache, page * PAGE + 7, 1).unwrap(), [page as u8]);
            cache.set_secondary(false);
        }
        cache.forget_secondary();
        assert_eq!(cache.cache_stats().dropped, 0, "{round}");
    }
    assert_eq!(cache.cache_stats().pages, 300 + 60);
}

#[test]
fn what_another_cache_has_is_taken_over_with_room_for_more() {
    let filled = |capacity, pages: u64| {
        let cache = PageCache::with_capacity(Pretended::new(|page| Some(page as u8)), capacity);
        cache.prefetch(&mut [(0, (pages * PAGE) as usize)].into_iter());
        cache
    };
    // The smaller one ends within an allocation.
    for (capacity, pages) in [(700, 700), (1_300, 1_250), (1_300, 900)] {
        let cache = filled(3_000, 0).remembering_dropped();
        cache.adopt(filled(capacity, pages));
        assert_eq!(cache.cache_stats().pages as u64, pages);
        for page in (0..6_000).chain(0..6_000) {
            let bytes = read(&cache, page * PAGE + 8, 8).unwrap();
            assert_eq!(bytes, [page as u8; 8]);
        }
        assert_eq!(cache.cache_stats().pages, 3_000);
        assert!(cache.is_unchanged());
    }
    let cache = filled(100, 0);
    cache.adopt(filled(1_000, 101));
    assert_eq!(cache.cache_stats().pages, 0);
}

#[test]
fn what_made_room_is_known_to_be_as_it_was_or_not() {
    let changed = Cell::new(None);
    let fill = |page: u64| Some(page as u8 + u8::from(changed.get() == Some(page)));
    let full = |capacity| {
        let cache = PageCache::with_capacity(Pretended::new(fill), capacity).remembering_dropped();
        changed.set(None);
        for page in 0..3000 {
            read(&cache, page * PAGE, 1).unwrap();
        }
        cache
    };
    for capacity in [1, 1024, 4000] {
        let cache = full(capacity);
        assert!(cache.is_unchanged(), "{capacity}");
        for page in [0, 1500, 2999] {
            changed.set(Some(page));
            assert!(!cache.is_unchanged(), "{capacity}: {page}");
        }
        changed.set(Some(4000));
        assert!(cache.is_unchanged(), "{capacity}: what was not read");
    }
    // One that was otherwise in between, and is held as it is now.
    let cache = full(1024);
    changed.set(Some(5));
    assert_eq!(read(&cache, 5 * PAGE, 1).unwrap(), [6]);
    assert!(!cache.is_unchanged());
    // And one that was so only in between, and is no longer held.
    let cache = full(1024);
    changed.set(Some(5));
    read(&cache, 5 * PAGE, 1).unwrap();
    changed.set(None);
    for page in 1024..3000 {
        read(&cache, page * PAGE, 1).unwrap();
    }
    assert!(!cache.is_unchanged());
    cache.clear();
    assert!(cache.is_unchanged());
}

#[test]
fn a_page_that_can_be_read_only_later_is_not_as_it_was() {
    for capacity in [2, 4000] {
        let there = Cell::new(false);
        let fill = |page: u64| (page != 3 || there.get()).then_some(page as u8);
        let cache = PageCache::with_capacity(Pretended::new(fill), capacity).remembering_dropped();
        for page in 0..10 {
            assert_eq!(read(&cache, page * PAGE, 1).is_ok(), page != 3);
        }
        assert!(cache.is_unchanged(), "{capacity}");
        there.set(true);
        assert!(!cache.is_unchanged(), "{capacity}");
    }
}

#[test]
fn what_may_have_changed_in_the_cache_is_told_once() {
    let (now, exists) = (Cell::new(0_u8), Cell::new(false));
    let cache = PageCache::with_capacity(
        Pretended::new(|page| match page {
            3 => Some(now.get()),
            4 => exists.get().then_some(4),
            _ => Some(9),
        }),
        64,
    )
    .noting_changes();
    let changed = |page: u64| {
        let changes = cache.take_changes().unwrap();
        (changes.everything, changes.touch(&[(page, 1)]))
    };
    for page in [2, 3] {
        read(&cache, page * PAGE, 1).unwrap();
    }
    // What is read for the first time may be different from what was there before.
    assert_eq!(changed(3), (false, true));
    cache.reread_differs();
    assert_eq!(changed(3), (false, false));
    now.set(1);
    cache.reread_differs();
    assert_eq!(changed(2), (false, false));
    now.set(2);
    cache.reread_differs();
    assert_eq!(changed(3), (false, true));
    cache.forget(3);
    assert_eq!(changed(3), (false, true));
    // What can be read only now, what made room for others, and an empty cache.
    assert!(read(&cache, 4 * PAGE, 1).is_err());
    exists.set(true);
    cache.reread_differs();
    assert_eq!(changed(2), (true, true));
    for page in 100..200 {
        read(&cache, page * PAGE, 1).unwrap();
    }
    assert_eq!(changed(2), (true, true));
    cache.clear();
    assert_eq!(changed(2), (true, true));
    let silent = PageCache::new(Pretended::new(|_| Some(9)));
    read(&silent, 0, 1).unwrap();
    assert!(silent.take_changes().is_none());
}

#[test]
fn rereading_counts_and_replaces_each_page_that_differs() {
    let now = Cell::new(0_u8);
    let cache = PageCache::new(Pretended::new(|page| match page {
        1100 => (now.get() == 0).then_some(1),
        1200 => (now.get() == 1).then_some(2),
        page if page % 500 == 3 => Some(now.get()),
        _ => Some(9),
    }));
    for page in 0..2600 {
        assert_eq!(read(&cache, page * PAGE, 1).is_ok(), page != 1200);
    }
    assert_eq!(cache.reread_differs(), 0);
    now.set(1);
    // Six pages have changed, one has gone, and one has come.
    assert_eq!(cache.reread_differs(), 8);
    assert_eq!(read(&cache, 2503 * PAGE, 2).unwrap(), [1, 1]);
    assert!(read(&cache, 1100 * PAGE, 1).is_err());
    assert_eq!(read(&cache, 1200 * PAGE, 1).unwrap(), [2]);
    assert_eq!(cache.reread_differs(), 0);
}

#[test]
fn reading_is_cheap() {
    let target = Target::usual(&[]);
    let region = target.addresses["region"];
    let cache = PageCache::new(target.open().memory());
    let mut sum = 0_u64;
    let mut time = |what: &str, memory: &dyn Memory, rounds: u64, step: u64| {
        let start = Instant::now();
        for n in 0..rounds {
            let mut bytes = [0; 8];
            let at = region + n * step % (2 * PAGE - 8);
            memory.read(at, &mut bytes).unwrap();
            sum = sum.wrapping_add(u64::from_le_bytes(bytes));
        }
        let each = start.elapsed().as_nanos() as f64 / rounds as f64;
        eprintln!("{what}: {each:.1} ns for 8 bytes");
    };
    time("cached, same page", &cache, 3_000_000, 0);
    time("cached, two pages in turn", &cache, 3_000_000, 4096);
    let live: ProcessMemory = target.open().memory();
    time("one system call each", &live, 100_000, 8);
    assert!(cache.stats().syscalls <= 2);
    assert_ne!(sum, 0);
}
