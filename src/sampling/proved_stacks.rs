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
//! reading may end there. So the outermost frame must be the one at which most readings of the thread
//! ended: it stays as long as the thread runs Python, and no reading has a frame around it.

use super::changed::CHANGED;
use crate::cpython::{CodeWords, Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, FrameLocation, IdMap, ItemId, Process, Thread, ThreadState};
use crate::process::{Pass, ProcessMemory, RangeCache};

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
const ENOUGH: u8 = 4;
/// More than this is not counted, so that another frame is believed soon.
const MOST: u8 = 8;

impl Bases {
    /// Notes where the stacks of one sample end, and forgets the threads that are gone.
    fn note(&mut self, process: &Process) {
        let mut before = std::mem::take(&mut self.0);
        for thread in &process.threads {
            let known = before.swap_remove(&thread.id);
            self.0.extend(known.map(|base| (thread.id, base)));
            // Also where it was the same twice: what comes and goes thousands of times a second may
            // be torn in the same way twice.
            self.vote(thread.id, thread.frames.iter().map(|frame| frame.place));
        }
    }

    /// Notes where one reading of a thread ended: at the last of `frames`, which are innermost first.
    fn vote(&mut self, thread: ItemId, frames: impl Iterator<Item = Option<FrameLocation>>) {
        let mut frames = frames.map(|place| place.map(|place| place.frame));
        let Some(mut frame) = frames.next().flatten() else {
            return;
        };
        let known = self.0.get(&thread).map(|base| base.frame);
        let mut is_inside = false;
        for outer in frames {
            let Some(outer) = outer else {
                return;
            };
            is_inside |= Some(frame) == known;
            frame = outer;
        }
        let base = self.0.entry(thread).or_insert(Base { frame, lead: 0 });
        match (base.frame == frame, base.lead) {
            // The outermost frame has none around it.
            _ if is_inside => *base = Base { frame, lead: 1 },
            (true, lead) => base.lead = (lead + 1).min(MOST),
            (false, 0) => *base = Base { frame, lead: 1 },
            (false, lead) => base.lead = lead - 1,
        }
    }

    /// Address of the outermost frame of a thread. `None` if it is not known.
    pub fn of(&self, thread: ItemId) -> Option<u64> {
        let base = self.0.get(&thread)?;
        (base.lead >= ENOUGH).then_some(base.frame)
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
        Some(self.of(thread.id)? == place.frame)
    }
}

/// Reads the stacks of threads that changed and run again, and keeps of each what is the same.
/// `memory` has what was read of them before.
pub fn prove(
    bases: &mut Bases,
    process: &mut Process,
    runtime: &Runtime,
    memory: &RangeCache<ProcessMemory>,
    limits: &Limits,
) {
    bases.note(process);
    for thread in &mut process.threads {
        if thread.error.is_none() && bases.has_another(thread) {
            thread.error = Some(CHANGED.to_owned());
        }
    }
    let is_open = |thread: &Thread| thread.error.as_deref() == Some(CHANGED);
    if !process.threads.iter().any(is_open) {
        return;
    }
    let reader = Reader::new(memory, runtime.layout.clone(), limits.clone());
    let readings = read_often(memory, || {
        let threads = process.threads.iter();
        let stacks = threads.map(|it| match is_open(it) {
            true => stack(&reader, it.thread_state?),
            false => None,
        });
        stacks.collect::<Vec<Option<Vec<Standing>>>>()
    });
    for (at, thread) in process.threads.iter_mut().enumerate() {
        if !is_open(thread) {
            continue;
        }
        // Its memory changed: it ran, whatever the kernel said a moment later.
        if thread.state == ThreadState::Blocked {
            thread.state = ThreadState::Running;
            thread.syscall = None;
            thread.waits_for = None;
        }
        let again = readings.iter().map(|stacks| stacks.get(at)?.as_deref());
        let Some(again) = again.collect::<Option<Vec<&[Standing]>>>() else {
            continue;
        };
        for stack in &again {
            bases.vote(thread.id, stack.iter().map(|it| Some(it.place)));
        }
        if !bases.has(thread) {
            continue;
        }
        let first = thread.frames.iter().map(Standing::of);
        let same = proved(first, &again);
        if same > 0 {
            thread.frames.drain(..thread.frames.len() - same);
            thread.error = None;
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

/// Calls `read` four times, which reads from `memory`. The memory is copied in between: the four
/// readings are of two system calls.
pub fn read_often<T>(memory: &RangeCache<ProcessMemory>, mut read: impl FnMut() -> T) -> [T; 4] {
    let mut pass = |pass| {
        match pass {
            Pass::First => memory.read_again(),
            Pass::Second => memory.set_pass(Pass::Second),
        }
        read()
    };
    let passes = [Pass::First, Pass::Second, Pass::First, Pass::Second];
    passes.map(&mut pass)
}

/// How many of the outermost frames are proved by further readings. All are given innermost first; of
/// the first reading a frame may have no place.
pub fn proved(
    first: impl DoubleEndedIterator<Item = Option<Standing>>,
    again: &[&[Standing]],
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
            stack[0].place = Some(standing(9, 0).place);
            stack[1].place = Some(standing(number, 0).place);
            process.threads = vec![thread("thread:7", 7, "MainThread", stack)];
            bases.note(&process);
            bases.has(&process.threads[0])
        };
        // A few readings say nothing.
        let first: Vec<bool> = (0..5).map(|_| ends(&mut bases, 1)).collect();
        assert_eq!(first, [false, false, false, true, true]);
        assert!(!ends(&mut bases, 2) && ends(&mut bases, 1));
        assert!(!bases.has_another(&thread("thread:7", 7, "MainThread", Vec::new())));
        // It runs Python anew.
        let anew: Vec<bool> = (0..12).map(|_| ends(&mut bases, 3)).collect();
        assert_eq!(anew.iter().position(|has| *has), Some(8));
        // It has another frame around it.
        let with = |outer: u64| [3, outer].map(|number| Some(standing(number, 0).place));
        bases.vote("thread:7".into(), with(4).into_iter());
        assert_eq!(bases.of("thread:7".into()), None);
        (0..3).for_each(|_| bases.vote("thread:7".into(), with(4).into_iter()));
        assert_eq!(
            bases.of("thread:7".into()),
            Some(standing(4, 0).place.frame)
        );
    }

    #[test]
    fn frames_are_proved_up_to_the_first_that_has_moved() {
        let stack = [standing(3, 30), standing(2, 20), standing(1, 10)];
        let first = || stack.iter().copied().map(Some);
        let with = |at: usize, new: Standing| {
            let mut other = stack;
            other[at] = new;
            other
        };
        assert_eq!(proved(first(), &[&stack, &stack]), 3);
        // The innermost always moves.
        assert_eq!(proved(first(), &[&with(0, standing(3, 32)), &stack]), 3);
        // What `b` calls now need not be `c`.
        assert_eq!(proved(first(), &[&stack, &with(1, standing(2, 24))]), 2);
        assert_eq!(
            proved(
                first(),
                &[&with(1, standing(2, 24)), &with(1, standing(2, 24))]
            ),
            2
        );
        assert_eq!(proved(first(), &[&with(1, standing(9, 20)), &stack]), 1);
        assert_eq!(proved(first(), &[&with(2, standing(9, 10)), &stack]), 0);
        // A call that has ended, and a stack that is gone.
        assert_eq!(proved(first(), &[&stack[1..], &stack]), 2);
        assert_eq!(proved(first(), &[&stack, &[]]), 0);
    }
}
