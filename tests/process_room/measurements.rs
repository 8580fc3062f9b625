//! The figures in the section "Dependencies" of the documentation: what it would
//! cost to read memory and to stop threads with other crates. They are printed:
//!
//! ```text
//! cargo test --release --test process_room measurements -- --ignored --nocapture --test-threads 1
//! ```

use std::process::Command;
use std::time::{Duration, Instant};

use dapper_attach::process::{Memory, Piece, Stop};
use read_process_memory::{CopyAddress, ProcessHandle};

use crate::support::Target;

const ROUNDS: usize = 30;
const LONG: Duration = Duration::from_secs(60);

/// Prints the least, the median and the largest of some times.
fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let middle = times[times.len() / 2];
    let (least, most) = (times[0], times[times.len() - 1]);
    println!("{what}: least {least:?}, median {middle:?}, most {most:?}");
}

/// The times of `ROUNDS` runs of `work`, which returns how long it took.
fn repeat(work: impl FnMut() -> Duration) -> Vec<Duration> {
    std::iter::repeat_with(work).take(ROUNDS).collect()
}

fn ten_thousand_tasks() -> Target {
    let script = "\
import asyncio
async def leaf():
    await asyncio.sleep(3600)
async def main():
    tasks = [asyncio.ensure_future(leaf()) for _ in range(10000)]
    await asyncio.sleep(0.5)
    print('ready', flush=True)
    await asyncio.wait(tasks)
asyncio.run(main())
";
    Target::start(Command::new("python3").args(["-c", script]))
}

#[test]
#[ignore = "measures, and shows nothing by itself"]
fn one_piece_a_call_against_batches() {
    let target = ten_thousand_tasks();
    let process = target.open();
    let memory = process.memory();
    let handle: ProcessHandle = i32::try_from(target.pid()).unwrap().try_into().unwrap();
    let ranges = process.written_pages(1 << 20).unwrap();
    let pages: Vec<u64> = ranges
        .iter()
        .flat_map(|&(start, len)| (start..start + len as u64).step_by(4096))
        .collect();
    // As many pieces as a task, its coroutine and its frame are for 10,000 tasks.
    let spread = (0..30_000).map(|n| pages[n * 7 % pages.len()] + (n as u64 % 15) * 256);
    let small: Vec<u64> = spread.collect();
    for (what, addresses, len) in [("pages", pages, 4096), ("pieces", small, 256)] {
        println!("{} {what} of {len} bytes", addresses.len());
        // Both keep all bytes, in the same buffer, which is touched before.
        let mut buffer = vec![1; addresses.len() * len];
        let single = repeat(|| {
            let start = Instant::now();
            for (addr, buf) in addresses.iter().zip(buffer.chunks_exact_mut(len)) {
                let _ = handle.copy_address(*addr as usize, buf);
            }
            start.elapsed()
        });
        print("one piece a call", single);
        let batches = repeat(|| {
            let start = Instant::now();
            let buffers = addresses.iter().zip(buffer.chunks_exact_mut(len));
            let mut pieces: Vec<_> = buffers.map(|(addr, buf)| Piece::new(*addr, buf)).collect();
            memory.read_many(&mut pieces);
            let elapsed = start.elapsed();
            let read = pieces.iter().filter(|piece| piece.done).count();
            assert!(read * 100 > pieces.len() * 99, "{read}");
            elapsed
        });
        print("batches of 1,024", batches);
    }
}

#[test]
#[ignore = "measures, and shows nothing by itself"]
fn threads_one_by_one_against_all_at_once() {
    let target = Target::usual(&["300"]);
    let process = remoteprocess::Process::new(i32::try_from(target.pid()).unwrap()).unwrap();
    println!("{} threads", process.threads().unwrap().len());
    // The first thread stands still from the start of `lock()` but for some
    // microseconds, the last one until the end of the drop.
    let one_by_one = repeat(|| {
        let start = Instant::now();
        drop(process.lock().unwrap());
        start.elapsed()
    });
    print("remoteprocess, one after another", one_by_one);
    let at_once = repeat(|| {
        let mut stop = Stop::all_threads(target.pid(), LONG).unwrap();
        stop.release();
        stop.stopped_for()
    });
    print("all at once", at_once);
    let whole_call = repeat(|| {
        let start = Instant::now();
        drop(Stop::all_threads(target.pid(), LONG).unwrap());
        start.elapsed()
    });
    print("all at once, with the seizing before", whole_call);
    target.beats();
}
