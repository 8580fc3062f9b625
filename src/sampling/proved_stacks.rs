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
//!
//! A frame that has just been left refers to no outer frame any more (`f_back`, `previous`), so that a
//! reading may end there. So the outermost frame must be the one at which most readings of the thread
//! ended: it stays as long as the thread runs Python.

use super::changed::CHANGED;
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, FrameLocation, IdMap, Process, Thread, ThreadState};
use crate::process::{Memory, PageCache, ProcessMemory};

/// The outermost frames of threads.
#[derive(Debug, Default)]
pub struct Bases(IdMap<Base>);

/// Where most of the last readings of a thread ended.
#[derive(Debug)]
struct Base {
    frame: u64,
    /// By how many more readings ended there than elsewhere.
    lead: u8,
}

/// So many more readings end at the outermost frame than elsewhere before it is believed.
const ENOUGH: u8 = 2;
/// More than this is not counted, so that another frame is believed soon.
const MOST: u8 = 4;

impl Bases {
    /// Notes where the stacks of one sample end.
    fn note(&mut self, process: &Process) {
        // Threads that are gone are left behind.
        let mut before = std::mem::take(&mut self.0);
        for thread in &process.threads {
            let known = before.swap_remove(&thread.id);
            let Some(place) = thread.frames.last().and_then(|frame| frame.place) else {
                self.0.extend(known.map(|base| (thread.id, base)));
                continue;
            };
            let base = self.0.entry(thread.id).or_insert(known.unwrap_or(Base {
                frame: place.frame,
                lead: 0,
            }));
            match (base.frame == place.frame, base.lead) {
                (true, lead) => base.lead = (lead + 1).min(MOST),
                (false, 0) => {
                    *base = Base {
                        frame: place.frame,
                        lead: 1,
                    }
                }
                (false, lead) => base.lead = lead - 1,
            }
        }
    }

    /// Whether the outermost frame of the thread is the one at which its stacks end.
    fn has(&self, thread: &Thread) -> bool {
        self.is_base(thread) == Some(true)
    }

    /// Whether its stacks end at another frame.
    fn has_another(&self, thread: &Thread) -> bool {
        self.is_base(thread) == Some(false)
    }

    /// `None` if it is not known at which frame they end.
    fn is_base(&self, thread: &Thread) -> Option<bool> {
        let place = thread.frames.last()?.place?;
        let base = self.0.get(&thread.id).filter(|base| base.lead >= ENOUGH)?;
        Some(base.frame == place.frame)
    }
}

/// Reads the stacks of threads that changed and run again, and keeps of each what is the same.
pub fn prove(
    bases: &mut Bases,
    process: &mut Process,
    runtime: &Runtime,
    memory: &dyn Fn() -> ProcessMemory,
    limits: &Limits,
) {
    bases.note(process);
    for thread in &mut process.threads {
        if thread.error.is_none() && bases.has_another(thread) {
            thread.error = Some(CHANGED.to_owned());
        }
    }
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
        if !bases.has(thread) {
            continue;
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
    use crate::model::fixtures::{frames, process, thread};

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
    fn stacks_that_end_elsewhere_than_most_are_not_proved() {
        let mut bases = Bases::default();
        let mut process = process("app.py");
        let mut ends = |bases: &mut Bases, number: u64| {
            let chain = [("leaf", "app.py", 3), ("main", "app.py", 1)];
            let mut stack = frames(&chain, FrameKind::Function);
            stack[1].place = Some(standing(number, 0).place);
            process.threads = vec![thread("thread:7", 7, "MainThread", stack)];
            bases.note(&process);
            bases.has(&process.threads[0])
        };
        // One reading says nothing.
        assert!(!ends(&mut bases, 1));
        assert!(ends(&mut bases, 1) && ends(&mut bases, 1));
        assert!(!ends(&mut bases, 2) && ends(&mut bases, 1));
        assert!(!bases.has_another(&thread("thread:7", 7, "MainThread", Vec::new())));
        // It runs Python anew.
        let anew: Vec<bool> = (0..8).map(|_| ends(&mut bases, 3)).collect();
        assert_eq!(anew.iter().position(|has| *has), Some(4));
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
