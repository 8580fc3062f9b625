//! Stacks of threads that run while they are read.
//!
//! Such a thread never is the same twice: each instruction changes its innermost frame. But a
//! frame that is in its place at several readings, with the same code, at the same instruction and in
//! the same frames around it, was in that call all the time between, and so was the frame that it
//! called. These outer frames are proved, and the first one that has moved on; what is inside of
//! that may be of another call, and is left out.
//!
//! The parts of one reading are of different moments, as far apart as the system calls that read
//! them. A stack that is wrong for that reason would have to be wrong in the same way each time, also where
//! the parts are read in the opposite order.
//!
//! A frame that has just been left refers to no outer frame any more (`f_back`, `previous`), so that a
//! reading may end there; of deep stacks that change all the time, most readings do. So the outermost
//! frame must be one at which several readings of the thread ended, and around which none had another
//! frame: what is left and entered again is soon seen inside of others.

use rustc_hash::FxHashMap;

use super::changed::CHANGED;
use crate::cpython::{CodeWords, Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, FrameLocation, IdMap, ItemId, Process, Thread, ThreadState};
use crate::process::{Pass, ProcessMemory, RangeCache};

/// The outermost frames of threads.
#[derive(Debug, Default)]
pub struct Bases(IdMap<Ends>);

/// At which frames the readings of a thread ended.
#[derive(Debug, Default)]
struct Ends {
    /// By address: how often a reading ended there, less what a frame that is inside of another one
    /// has to make up for; and the number of the last one that did.
    frames: FxHashMap<u64, (i16, u64)>,
    readings: u64,
    /// The frame at which enough readings ended.
    base: Option<u64>,
}

/// So many readings end at the outermost frame before it is believed.
const ENOUGH: i16 = 6;
/// More than this is not counted, so that another frame is believed soon.
const MOST: i16 = 12;
/// What a frame has that was seen inside of another one. It may be the outermost one later.
const INSIDE: i16 = -30;
/// Frames that are remembered of a thread.
const MAX_FRAMES: usize = 4096;

impl Ends {
    /// Notes one reading of the thread: the addresses of its frames, innermost first.
    fn note(&mut self, frames: impl Iterator<Item = u64>) {
        let mut frames = frames.peekable();
        self.readings += 1;
        if self.frames.len() > MAX_FRAMES {
            self.frames.retain(|_, (score, _)| *score > 0);
        }
        while let Some(frame) = frames.next() {
            if frames.peek().is_some() {
                self.frames.insert(frame, (INSIDE, 0));
                continue;
            }
            let (score, last) = self.frames.entry(frame).or_default();
            (*score, *last) = ((*score + 1).min(MOST), self.readings);
        }
        let enough = self
            .frames
            .iter()
            .filter(|(_, (score, _))| *score >= ENOUGH);
        let best = enough.max_by_key(|(_, how_often)| **how_often);
        self.base = best.map(|(frame, _)| *frame);
    }
}

impl Bases {
    /// Notes where the stacks of one sample end, and forgets the threads that are gone.
    fn note(&mut self, process: &Process) {
        let mut before = std::mem::take(&mut self.0);
        for thread in &process.threads {
            let known = before.swap_remove(&thread.id);
            self.0.extend(known.map(|ends| (thread.id, ends)));
            // The parts of a whole look are so far apart that a stack that changes is mostly torn.
            // Greenlets that switch end it elsewhere.
            if thread.error.is_some() || thread.thread_state.is_none() {
                continue;
            }
            let places = thread.frames.iter().map(|frame| frame.place);
            let Some(places) = places.collect::<Option<Vec<FrameLocation>>>() else {
                continue;
            };
            self.note_reading(thread.id, places.into_iter());
        }
    }

    /// Notes one reading of a thread: its frames, innermost first.
    fn note_reading(&mut self, thread: ItemId, frames: impl Iterator<Item = FrameLocation>) {
        let ends = self.0.entry(thread).or_default();
        ends.note(frames.map(|place| place.frame));
    }

    /// Address of the outermost frame of a thread. `None` if it is not known.
    pub fn of(&self, thread: ItemId) -> Option<u64> {
        self.0.get(&thread)?.base
    }

    /// Whether the outermost frame of the thread is the one at which its stacks end. `None` if that is
    /// not known.
    fn is_base(&self, thread: &Thread) -> Option<bool> {
        let place = thread.frames.last()?.place?;
        Some(self.of(thread.id)? == place.frame)
    }
}

/// Reads the stacks of threads that run or changed again, and keeps of each what is the same.
/// `memory` has what was read of them before.
pub fn prove(
    bases: &mut Bases,
    process: &mut Process,
    runtime: &Runtime,
    memory: &mut RangeCache<ProcessMemory>,
    limits: &Limits,
) {
    bases.note(process);
    let mut open = Vec::new();
    for thread in &mut process.threads {
        if thread.error.is_none() && bases.is_base(thread) == Some(false) {
            thread.error = Some(CHANGED.to_owned());
        }
        let changed = thread.error.as_deref() == Some(CHANGED);
        // Its memory changed: it ran, whatever the kernel said a moment later.
        if changed && thread.state == ThreadState::Blocked {
            thread.state = ThreadState::Running;
            thread.syscall = None;
            thread.waits_for = None;
        }
        // What runs may be torn in the same way twice.
        let runs = thread.error.is_none() && thread.state != ThreadState::Blocked;
        if let Some(state) = thread.thread_state
            && (changed || runs)
            && !thread.frames.is_empty()
        {
            open.push((thread, state));
        }
    }
    let layout = &runtime.layout;
    let readings = read_often(memory, open.len(), &mut |memory, at| {
        let reader = Reader::new(memory, layout.clone(), limits.clone());
        stack(&reader, open.get(at)?.1)
    });
    for ((thread, _), readings) in open.into_iter().zip(readings) {
        for stack in &readings {
            bases.note_reading(thread.id, stack.iter().map(|it| it.place));
        }
        let first = thread.frames.iter().map(Standing::of);
        // Where it is not known yet where a stack ends that was the same twice, it may be the whole.
        let is_whole = match bases.is_base(thread) {
            Some(is_base) => is_base,
            None => thread.error.is_none(),
        };
        let same = match readings.len() >= READINGS && is_whole {
            true => proved(first, &readings),
            false => 0,
        };
        thread.error = (same == 0).then(|| CHANGED.to_owned());
        if same > 0 {
            thread.frames.drain(..thread.frames.len() - same);
        }
    }
}

/// A frame on a stack: where it is, and at which instruction of its code it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    place: FrameLocation,
    /// Bytes from the first instruction.
    instruction: i64,
}

impl Standing {
    fn of(frame: &Frame) -> Option<Self> {
        Some(Self {
            place: frame.place?,
            instruction: frame.instruction?,
        })
    }

    /// That of the frame at `frame`, which stores `words`. `None` if that contradicts itself.
    pub fn of_words(reader: &Reader<'_>, frame: u64, words: CodeWords) -> Option<Self> {
        let code = words.code;
        Some(Self {
            place: FrameLocation { frame, code },
            instruction: reader.instruction_offset(words).ok()?,
        })
    }
}

/// The frames of the thread with this state, innermost first. `None` if they cannot be read.
fn stack(reader: &Reader<'_>, state: u64) -> Option<Vec<Standing>> {
    let frames = reader.stack_words(state).ok()?.into_iter();
    frames
        .map(|(frame, words)| Standing::of_words(reader, frame, words))
        .collect()
}

/// Readings of a thread that prove its frames.
pub const READINGS: usize = 4;
/// Copies that are made to get them: two readings are of one copy, if all that they need is there.
const MAX_COPIES: usize = 5;

/// Calls `read` for each of so many threads until there are [`READINGS`] of it, each of one copy of
/// `memory`. Gives fewer where that cannot be had.
pub fn read_often<T>(
    memory: &mut RangeCache<ProcessMemory>,
    threads: usize,
    read: &mut dyn FnMut(&RangeCache<ProcessMemory>, usize) -> Option<T>,
) -> Vec<Vec<T>> {
    let mut readings: Vec<Vec<T>> = (0..threads).map(|_| Vec::new()).collect();
    for _ in 0..MAX_COPIES {
        if readings.iter().all(|of_one| of_one.len() >= READINGS) {
            break;
        }
        memory.read_again();
        for (at, of_one) in readings.iter_mut().enumerate() {
            let both = [Pass::First, Pass::Second].map(|pass| {
                memory.set_pass(pass);
                read(memory, at).filter(|_| memory.is_complete())
            });
            if let [Some(first), Some(second)] = both
                && of_one.len() < READINGS
            {
                of_one.extend([first, second]);
            }
        }
    }
    readings
}

/// How many of the outermost frames are proved by further readings. All are given innermost first; of
/// the first reading a frame may have no place.
pub fn proved(
    first: impl DoubleEndedIterator<Item = Option<Standing>>,
    again: &[Vec<Standing>],
) -> usize {
    let mut count = 0;
    for (outer, first) in first.rev().enumerate() {
        let Some(first) = first else {
            break;
        };
        let mut others = again.iter().map(|stack| stack.iter().rev().nth(outer));
        if !others
            .clone()
            .all(|other| other.map(|it| it.place) == Some(first.place))
        {
            break;
        }
        count += 1;
        if !others.all(|other| other == Some(&first)) {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_outermost_frame_ends_several_readings_and_is_inside_of_none() {
        let mut ends = Ends::default();
        let mut note = |frames: &[u64], times: u32| {
            (0..times).for_each(|_| ends.note(frames.iter().copied()));
            ends.base
        };
        // A few readings say nothing.
        assert_eq!(note(&[9, 5, 1], 5), None);
        assert_eq!(note(&[9, 5, 1], 1), Some(1));
        // Most readings may end elsewhere, at frames that are inside of others at another time.
        assert_eq!(note(&[9, 5], 20), Some(1));
        assert_eq!(note(&[7, 1], 1), Some(1));
        assert_eq!(note(&[], 5), Some(1));
        // It runs Python anew.
        assert_eq!(note(&[9, 2], 6), Some(1));
        assert_eq!(note(&[9, 2], 2), Some(2));
        // What was inside may be the outermost one later, after many readings.
        assert_eq!(note(&[9, 7], 30), Some(2));
        assert_eq!(note(&[9, 7], 12), Some(7));
        assert_eq!(note(&[7, 3], 1), Some(2));
    }

    #[test]
    fn frames_are_proved_up_to_the_first_that_has_moved() {
        let stack = [standing(3, 30), standing(2, 20), standing(1, 10)];
        let proved = |again: &[&[Standing]]| {
            let again: Vec<Vec<Standing>> = again.iter().map(|it| it.to_vec()).collect();
            proved(stack.iter().copied().map(Some), &again)
        };
        let with = |at: usize, new: Standing| {
            let mut other = stack;
            other[at] = new;
            other
        };
        assert_eq!(proved(&[&stack, &stack]), 3);
        // The innermost always moves.
        assert_eq!(proved(&[&with(0, standing(3, 32)), &stack]), 3);
        // What `b` calls now need not be `c`.
        assert_eq!(proved(&[&stack, &with(1, standing(2, 24))]), 2);
        assert_eq!(
            proved(&[&with(1, standing(2, 24)), &with(1, standing(2, 24))]),
            2
        );
        assert_eq!(proved(&[&with(1, standing(9, 20)), &stack]), 1);
        assert_eq!(proved(&[&with(2, standing(9, 10)), &stack]), 0);
        // A call that has ended, and a stack that is gone.
        assert_eq!(proved(&[&stack[1..], &stack]), 2);
        assert_eq!(proved(&[&stack, &[]]), 0);
    }
}
