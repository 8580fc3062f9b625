//! Light looks at the stacks of threads that run: a few reads of the frames alone, many times a
//! second, between whole looks.
//!
//! A whole look says which threads run, and where their stacks end. A light look reads the GIL and
//! those stacks four times, in two system calls where all is where it was before. What is shown
//! is proved as the stacks of whole looks are. A frame is decoded once for each instruction.

use rustc_hash::FxHashMap;

use super::proved_stacks::{Bases, READINGS, Standing, proved, read_often};
use crate::cpython::threads::thread::GilState;
use crate::cpython::{CodeWords, RawFrame, Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, ItemId, Process, StackSeen, ThreadState};
use crate::process;
use crate::process::{PageCache, ProcessMemory, RangeCache};
use crate::snapshot::frames::{FrameDetail, Frames};
use crate::snapshot::kernel_threads::waits_for_gil;

/// Threads that are followed. Of more, those that the process lists first.
const MAX_THREADS: usize = 16;
/// Decoded frames that are kept, so that a program that makes code all the time does not fill our
/// memory.
const MAX_FRAMES: usize = 65_536;

/// A frame in its code: its code object, the line table of that (another code object may be put at
/// the address of one that is gone), and the instruction.
type Position = (u64, u64, CodeWords);

/// Threads that run, and what was decoded of their frames.
#[derive(Debug)]
pub struct RunningStacks {
    memory: RangeCache<ProcessMemory>,
    threads: Vec<Followed>,
    frames: FxHashMap<Position, Frame>,
}

/// A thread that ran, or waited for the GIL, at the last whole look.
#[derive(Debug)]
struct Followed {
    id: ItemId,
    tid: u32,
    /// Address of its `PyThreadState`.
    state: u64,
    /// Address of its outermost frame.
    base: u64,
}

/// One reading of a thread.
struct Reading {
    /// The frames, innermost first: their addresses, and what they store.
    frames: Vec<(u64, CodeWords)>,
    gil: Option<GilState>,
}

impl RunningStacks {
    /// No threads yet.
    pub fn new(memory: ProcessMemory) -> Self {
        Self {
            memory: RangeCache::new(memory),
            threads: Vec::new(),
            frames: FxHashMap::default(),
        }
    }

    /// Notes the threads that run at a whole look.
    pub(super) fn note(&mut self, process: &Process, bases: &Bases) {
        let runs = |state| matches!(state, ThreadState::Running | ThreadState::WaitingGil);
        let running = process.threads.iter().filter(|it| runs(it.state));
        let followed = running.filter_map(|thread| {
            Some(Followed {
                id: thread.id,
                tid: u32::try_from(thread.native_id).ok()?,
                state: thread.thread_state?,
                base: bases.of(thread.id)?,
            })
        });
        self.threads = followed.take(MAX_THREADS).collect();
    }

    /// Whether there is a thread to look at.
    pub fn has_threads(&self) -> bool {
        !self.threads.is_empty()
    }

    /// Looks at each thread that ran at the last whole look.
    pub(super) fn take(
        &mut self,
        process: &process::Process,
        runtime: &Runtime,
        limits: &Limits,
    ) -> Vec<(ItemId, StackSeen)> {
        let (layout, threads) = (&runtime.layout, &self.threads);
        let readings = read_often(&mut self.memory, threads.len(), &mut |memory, at| {
            let reader = Reader::new(memory, layout.clone(), limits.clone());
            threads.get(at)?.read(&reader, runtime)
        });
        let reader = Reader::new(&self.memory, layout.clone(), limits.clone());
        let mut decoder = Decoder {
            reader: &reader,
            frames: &mut self.frames,
            process,
            runtime,
            limits,
        };
        let threads = self.threads.iter().zip(readings);
        let seen = threads.map(|(thread, readings)| {
            let seen = decoder.seen(thread, &readings);
            (thread.id, seen.unwrap_or(StackSeen::NotKnown))
        });
        seen.collect()
    }
}

impl Followed {
    fn read(&self, reader: &Reader<'_>, runtime: &Runtime) -> Option<Reading> {
        Some(Reading {
            gil: reader.gil_of_thread(runtime.addr, self.state).ok()?,
            frames: reader.stack_words(self.state).ok()?,
        })
    }
}

impl Reading {
    /// Where the frames stand. `None` if one of them contradicts itself.
    fn standing(&self, reader: &Reader<'_>) -> Option<Vec<Standing>> {
        let frames = self.frames.iter();
        frames
            .map(|(frame, words)| Standing::of_words(reader, *frame, *words))
            .collect()
    }

    /// Whether the thread with this state holds the GIL. `None` if there is none.
    fn is_held_by(&self, state: u64) -> Option<bool> {
        Some(self.gil?.holder == Some(state))
    }
}

/// Makes frames of the model, each once.
struct Decoder<'a> {
    /// Reads what the light looks read.
    reader: &'a Reader<'a>,
    frames: &'a mut FxHashMap<Position, Frame>,
    process: &'a process::Process,
    runtime: &'a Runtime,
    limits: &'a Limits,
}

impl Decoder<'_> {
    /// What several readings of a thread prove. `None` if nothing.
    fn seen(&mut self, thread: &Followed, readings: &[Reading]) -> Option<StackSeen> {
        let ([first, ..], [.., last]) = (readings, readings) else {
            return None;
        };
        let ends = |it: &Reading| it.frames.last().map(|(frame, _)| *frame);
        if readings.len() < READINGS || readings.iter().any(|it| ends(it) != Some(thread.base)) {
            return None;
        }
        let standing = readings.iter().map(|it| it.standing(self.reader));
        let standing = standing.collect::<Option<Vec<Vec<Standing>>>>()?;
        let (one, others) = standing.split_first()?;
        let count = proved(one.iter().copied().map(Some), others);
        let shown = first.frames.get(first.frames.len() - count..)?;
        let held = first.is_held_by(thread.state);
        if readings
            .iter()
            .any(|it| it.is_held_by(thread.state) != held)
        {
            return None;
        }
        let call = || self.process.thread_call(thread.tid);
        let waits = match held {
            Some(true) => false,
            Some(false) if waits_for_gil(call().as_ref(), last.gil) => true,
            // Without a GIL, a thread in no system call runs.
            None if call().is_none() => false,
            Some(false) | None => return None,
        };
        let frames = self.decode(thread, shown)?;
        Some(match waits {
            false => StackSeen::Runs(frames),
            true => StackSeen::WaitsForGil(frames),
        })
    }

    /// The frames of the model. `None` if there is none, or one cannot be decoded.
    fn decode(&mut self, thread: &Followed, shown: &[(u64, CodeWords)]) -> Option<Vec<Frame>> {
        if self.frames.len() > MAX_FRAMES {
            self.frames.clear();
        }
        let positions = shown.iter().map(|(_, at)| self.position(*at));
        let positions: Vec<Position> = positions.collect::<Option<_>>()?;
        if !positions.iter().all(|it| self.frames.contains_key(it)) {
            self.decode_new(thread, &positions)?;
        }
        let frames = positions
            .iter()
            .filter_map(|it| self.frames.get(it).cloned());
        let frames: Vec<Frame> = frames.collect();
        (!frames.is_empty()).then_some(frames)
    }

    fn position(&self, at: CodeWords) -> Option<Position> {
        let table = self.reader.line_table(at.code).ok()?;
        Some((at.code, table, at))
    }

    /// Decodes those that are not known, from memory that is read now: code objects do not change.
    fn decode_new(&mut self, thread: &Followed, positions: &[Position]) -> Option<()> {
        let cache = PageCache::new(self.process.memory());
        let layout = self.runtime.layout.clone();
        let reader = Reader::new(&cache, layout, self.limits.clone());
        let interpreter = reader.interpreter_of_thread(thread.state).ok()?;
        let frames = Frames::new(&reader, interpreter, FrameDetail::default());
        for position in positions {
            if self.frames.contains_key(position) {
                continue;
            }
            let at = reader.code_location(position.2).ok()??;
            let frame = frames.python(&RawFrame { addr: 0, at });
            self.frames.insert(*position, frame);
        }
        Some(())
    }
}
