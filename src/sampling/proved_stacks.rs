//! Stacks of threads that run while they are read.
//!
//! Such a thread never is the same twice: each instruction changes its innermost frame. But a
//! frame that is in its place at three readings, with the same code, at the same instruction and in
//! the same frames around it, was in that call all the time between, and so was the frame that it
//! called. These outer frames are proved, and the first one that has moved on; what is inside of
//! that may be of another call, and is left out.
//!
//! The parts of one reading are of different moments, as far apart as the system calls that read
//! them. A stack that is wrong for that reason would have to be wrong in the same way three times.

use super::changed::CHANGED;
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, FrameLocation, Process, ThreadState};
use crate::process::{Memory, PageCache, ProcessMemory};

/// Reads the stacks of threads that changed and run again, and keeps of each what is the same.
pub fn prove(
    process: &mut Process,
    runtime: &Runtime,
    memory: &dyn Fn() -> ProcessMemory,
    limits: &Limits,
) {
    let is_open = |error: &Option<String>| error.as_deref() == Some(CHANGED);
    let open = process.threads.iter().filter(|it| is_open(&it.error));
    let places: Vec<u64> = open
        .flat_map(|thread| &thread.frames)
        .filter_map(|frame| Some(frame.place?.frame))
        .collect();
    if places.is_empty() {
        return;
    }
    let read = || stacks(runtime, memory(), limits, &places);
    let (second, third) = (read(), read());
    for thread in &mut process.threads {
        if !is_open(&thread.error) {
            continue;
        }
        // Its memory changed: it ran, whatever the kernel said a moment later.
        if thread.state == ThreadState::Blocked {
            thread.state = ThreadState::Running;
            thread.syscall = None;
            thread.waits_for = None;
        }
        let same = second.iter().filter_map(|(id, stack)| {
            let (_, last) = third.iter().find(|(other, _)| other == id)?;
            Some(proved(&thread.frames, stack, last))
        });
        let Some(same) = same.max().filter(|same| *same > 0) else {
            continue;
        };
        thread.frames.drain(..thread.frames.len() - same);
        thread.error = None;
    }
}

/// A frame on a stack: where it is, and at which instruction of its code it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    place: FrameLocation,
    instruction: i64,
}

/// The frames of all threads, innermost first, by the addresses of the thread states. What is at
/// `places` is read at once.
fn stacks(
    runtime: &Runtime,
    memory: ProcessMemory,
    limits: &Limits,
    places: &[u64],
) -> Vec<(u64, Vec<Standing>)> {
    let cache = PageCache::new(memory);
    let reader = Reader::new(&cache, runtime.layout.clone(), limits.clone());
    let interpreters = reader.interpreters(runtime.addr).unwrap_or_default();
    cache.prefetch(&mut places.iter().map(|frame| (*frame, 1)));
    let threads = interpreters.iter().flat_map(|it| &it.threads);
    let stacks = threads.map(|thread| {
        let frames = reader.thread_stack(thread.addr).frames;
        let standing = frames.iter().map(|frame| Standing {
            place: FrameLocation {
                frame: frame.addr,
                code: frame.at.code.addr,
            },
            instruction: frame.at.offset,
        });
        (thread.addr, standing.collect())
    });
    stacks.collect()
}

/// How many of the outermost frames are proved by two further readings.
fn proved(frames: &[Frame], second: &[Standing], third: &[Standing]) -> usize {
    let mut count = 0;
    let again = second.iter().rev().zip(third.iter().rev());
    for (frame, (second, third)) in frames.iter().rev().zip(again) {
        if frame.place != Some(second.place) || second.place != third.place {
            break;
        }
        count += 1;
        if frame.instruction != Some(second.instruction) || second != third {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrameKind;
    use crate::model::fixtures::frames;

    fn standing(number: u64, instruction: i64) -> Standing {
        Standing {
            place: FrameLocation {
                frame: 0x1000 - number * 0x10,
                code: number,
            },
            instruction,
        }
    }

    #[test]
    fn frames_are_proved_up_to_the_first_that_has_moved() {
        let stack = [standing(3, 30), standing(2, 20), standing(1, 10)];
        let chain = [("c", "app.py", 3), ("b", "app.py", 2), ("a", "app.py", 1)];
        let mut frames = frames(&chain, FrameKind::Function);
        for (frame, standing) in frames.iter_mut().zip(&stack) {
            frame.place = Some(standing.place);
            frame.instruction = Some(standing.instruction);
        }
        let with = |at: usize, new: Standing| {
            let mut other = stack;
            other[at] = new;
            other
        };
        assert_eq!(proved(&frames, &stack, &stack), 3);
        // The innermost always moves.
        assert_eq!(proved(&frames, &with(0, standing(3, 32)), &stack), 3);
        // What `b` calls now need not be `c`.
        assert_eq!(proved(&frames, &stack, &with(1, standing(2, 24))), 2);
        assert_eq!(
            proved(
                &frames,
                &with(1, standing(2, 24)),
                &with(1, standing(2, 24))
            ),
            2
        );
        assert_eq!(proved(&frames, &with(1, standing(9, 20)), &stack), 1);
        assert_eq!(proved(&frames, &with(2, standing(9, 10)), &stack), 0);
        // A call that has ended, and a stack that is gone.
        assert_eq!(proved(&frames, &stack[1..], &stack), 2);
        assert_eq!(proved(&frames, &stack, &[]), 0);
    }
}
