//! Which items were not the same twice in a process that runs, however much else
//! has changed.
//!
//! All memory was copied before any of it was copied again. So those that are the
//! same in both copies were all as they are shown at one moment, that in between;
//! and so were the edges between two tasks, which are in what both were read from.
//! Of threads the frames and names are compared: what their calls wait for is not.

use std::ops::Deref;
use std::sync::Arc;

use arcstr::{ArcStr, literal};
use rustc_hash::FxHashMap;

use crate::activity::{ChainFrame, python_frames};
use crate::asyncio::wait_table::COROUTINE_WAITS;
use crate::asyncio::{Dependents, FutureState, Seen, find_tasks};
use crate::cpython::{FrameSlot, Reader, Runtime};
use crate::limits::Limits;
use crate::model::ids::IdSet;
use crate::model::{Process, Task, TaskState, Thread};
use crate::process::{Lines, PageCache, ProcessMemory, Traced};
use crate::snapshot::tasks::shown_name;
use crate::snapshot::threads::{active_threads, named_thread};
use crate::snapshot::waits::{address, state};

/// What is said of an item that was not the same twice.
const MARK: &str = "it changed while it was read";

/// Where nothing is ever copied from: never the same twice.
const NOWHERE: (u64, u64) = (0, 8);

/// Where something lies: start and end of each range.
type Ranges = Vec<(u64, u64)>;

/// Memory of the process as it was read, which notes what is read of it.
type Read<'a> = Traced<'a, PageCache<ProcessMemory>>;

/// How far what was seen is from being the same twice; the less the better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marked {
    /// Tasks that were there all the while and were not seen.
    pub missed: usize,
    /// What could not be read of the process as a whole.
    pub unread: usize,
    /// Items that are marked.
    pub items: usize,
    /// Whether the lists of tasks were not the same twice.
    pub lists: bool,
}

impl Marked {
    /// Whether all that is shown was the same twice.
    pub fn is_none(&self) -> bool {
        self.missed + self.unread + self.items == 0
    }
}

/// How many items there are that can be marked.
pub fn count(seen: &Process) -> usize {
    seen.tasks.len()
        + seen.threads.len()
        + seen.loops.len()
        + seen.coroutines.len()
        + seen.resources.len()
}

/// Marks the items of `seen` that were read, through `cache`, from what `lines`
/// says was not the same twice.
pub fn mark(
    seen: &mut Process,
    runtime: &Runtime,
    cache: &PageCache<ProcessMemory>,
    lines: &Lines,
    limits: &Limits,
) -> Marked {
    let memory = Traced::new(cache);
    let reader = Reader::new(&memory, runtime.layout.clone(), limits.clone());
    let again = Again {
        reader: &reader,
        memory: &memory,
        lines,
    };
    let mut marked = Marked {
        lists: !lines.are_same(&again.of_lists(runtime)),
        ..Marked::default()
    };
    let count = &mut marked;
    again.each(
        count,
        &mut seen.tasks,
        |task| again.of_task(task),
        |task| note(&mut Arc::make_mut(task).error),
    );
    let stacks = again.of_stacks(runtime);
    again.each(
        count,
        &mut seen.threads,
        |thread| again.of_thread(thread, &stacks),
        |thread| note(&mut thread.error),
    );
    again.each(
        count,
        &mut seen.loops,
        |shown| again.of_loop(&shown.id),
        |shown| note(&mut shown.error),
    );
    again.each(
        count,
        &mut seen.coroutines,
        |coroutine| again.of_coroutine(&coroutine.id),
        |coroutine| note(&mut coroutine.error),
    );
    again.each(
        count,
        &mut seen.resources,
        |resource| again.of_resource(&resource.kind, &resource.id),
        |resource| note(&mut resource.error),
    );
    marked
}

/// Marks who refers to what: none of that was read twice.
pub fn mark_references(seen: &mut Process) {
    let mark: ArcStr = literal!("it was read once, while it changed");
    for reference in &mut seen.references {
        reference.error = Some(mark.clone());
    }
}

/// How many tasks were there when `before` was read, and are there now, but are
/// not in `seen`, which was read in between: its lists changed under it.
pub fn missed(
    seen: &Process,
    before: &Process,
    runtime: &Runtime,
    memory: ProcessMemory,
    limits: &Limits,
) -> usize {
    let shown: IdSet<'_> = seen.tasks.iter().map(|task| task.id.as_str()).collect();
    let cache = PageCache::new(memory);
    let reader = Reader::new(&cache, runtime.layout.clone(), limits.clone());
    // At the address of one that has ended another one may be.
    let is_still = |task: &Task| {
        let raw = address(&task.id).and_then(|addr| reader.task(addr).ok());
        raw.is_some_and(|raw| {
            raw.future.state == FutureState::Pending && shown_name(&raw.name).0 == *task.name
        })
    };
    let gone = before.tasks.iter().filter(|task| !shown.contains(&task.id));
    gone.filter(|task| task.state != TaskState::Done && is_still(task))
        .count()
}

fn note<Text: Deref<Target = str> + From<String>>(error: &mut Option<Text>) {
    let marked = match error.take() {
        Some(known) => format!("{}; {MARK}", &*known),
        None => MARK.to_owned(),
    };
    *error = Some(marked.into());
}

/// Reads items again.
struct Again<'a, 'm> {
    reader: &'a Reader<'m>,
    memory: &'a Read<'m>,
    lines: &'a Lines,
}

impl Again<'_, '_> {
    /// Marks those of `items` of which anything in their ranges is not as it was.
    fn each<T>(
        &self,
        count: &mut Marked,
        items: &mut [T],
        ranges: impl Fn(&T) -> Ranges,
        mut mark: impl FnMut(&mut T),
    ) {
        for item in items {
            if !self.lines.are_same(&ranges(item)) {
                mark(item);
                count.items += 1;
            }
        }
    }

    /// What `read` reads.
    fn ranges(&self, read: impl FnOnce(&Reader<'_>)) -> Ranges {
        self.memory.take_ranges();
        read(self.reader);
        self.memory.take_ranges()
    }

    fn of_lists(&self, runtime: &Runtime) -> Ranges {
        self.ranges(|reader| {
            for interpreter in reader.interpreters(runtime.addr).unwrap_or_default() {
                find_tasks(reader, &interpreter, &[], Seen::InLists);
            }
        })
    }

    /// What the task was read from: itself, its chain, what it waits for, what it
    /// is inside of, and what leads from it to those who wait for it.
    fn of_task(&self, task: &Task) -> Ranges {
        self.ranges(|reader| {
            // What cannot be read has its error already.
            if let Some(addr) = address(&task.id)
                && let Ok(raw) = reader.task(addr)
            {
                let chains = reader.chains(&[raw.coroutine]);
                let leaf = chains.first().and_then(|chain| chain.leaf);
                if let Some(waiter) = raw.waiter.or(leaf) {
                    let _ = reader.future_state(waiter);
                }
                chains
                    .iter()
                    .for_each(|chain| read_chain(reader, &chain.frames));
                Dependents::default().of(reader, addr, &raw.future.callbacks);
            }
        })
    }

    /// What leads to the frames of each thread state and to the name of its thread,
    /// by its innermost frame.
    fn of_stacks(&self, runtime: &Runtime) -> FxHashMap<u64, Ranges> {
        let mut stacks = FxHashMap::default();
        let interpreters = self.reader.interpreters(runtime.addr).unwrap_or_default();
        for interpreter in &interpreters {
            let (named, all) = self.of_names(interpreter.addr);
            for thread in &interpreter.threads {
                let mut innermost = None;
                let mut ranges = self.ranges(|reader| {
                    let stack = reader.thread_stack(thread.addr);
                    innermost = stack.frames.first().map(|frame| frame.addr);
                });
                // That nothing names it is what all of it says.
                ranges.extend(named.get(&thread.ident).unwrap_or(&all));
                stacks.extend(innermost.map(|innermost| (innermost, ranges)));
            }
        }
        stacks
    }

    /// What names each thread, by its ident, and all that may name one.
    fn of_names(&self, interp: u64) -> (FxHashMap<u64, Ranges>, Ranges) {
        let mut named = FxHashMap::default();
        let Ok(Some(active)) = active_threads(self.reader, interp) else {
            return (named, Ranges::new());
        };
        let mut items = Vec::new();
        let all = self.ranges(|reader| {
            let most = reader.limits.threads;
            items = reader.dict_items(active, most).unwrap_or_default().0;
        });
        for (key, thread) in items {
            let entry = self.reader.dict_entry_of(active, thread).ok().flatten();
            let mut ident = None;
            let ranges = self.ranges(|reader| {
                ident = named_thread(reader, key, thread).ok().flatten();
                if let Some((at, len)) = entry {
                    let _ = reader.bytes(at, len);
                }
            });
            named.extend(ident.map(|(ident, _)| (ident, ranges)));
        }
        (named, all)
    }

    /// What the frames were read from, and what says that they are this thread's.
    fn of_thread(&self, thread: &Thread, stacks: &FxHashMap<u64, Ranges>) -> Ranges {
        let places = || thread.frames.iter().filter_map(|frame| frame.place);
        let mut ranges = self.of_frames(thread);
        // One thread may have a state in each of several interpreters.
        let stacks = places().filter_map(|place| stacks.get(&place.frame));
        let known = ranges.len();
        ranges.extend(stacks.flatten());
        if places().next().is_some() && ranges.len() == known {
            ranges.push(NOWHERE);
        }
        ranges
    }

    fn of_frames(&self, thread: &Thread) -> Ranges {
        self.ranges(|reader| {
            for place in thread.frames.iter().filter_map(|frame| frame.place) {
                if let Ok(FrameSlot::Python { frame, .. }) = reader.frame(place.frame) {
                    reader.frame_position(&frame);
                    let _ = reader.entered_managers(&frame, true);
                }
            }
        })
    }

    fn of_loop(&self, id: &str) -> Ranges {
        self.ranges(|reader| {
            if let Some(addr) = address(id) {
                let _ = reader.event_loop(addr);
                reader.loop_handles(addr);
            }
        })
    }

    fn of_coroutine(&self, id: &str) -> Ranges {
        self.ranges(|reader| {
            let chains = reader.chains(&[address(id)]);
            chains
                .iter()
                .for_each(|chain| read_chain(reader, &chain.frames));
        })
    }

    /// What the kernel keeps has no address: it was asked once.
    fn of_resource(&self, kind: &str, id: &str) -> Ranges {
        self.ranges(|reader| {
            let Some(addr) = address(id) else { return };
            state::read(reader, kind, addr, id.to_owned());
            if kind == "executor" {
                reader.queued_jobs(addr);
            }
        })
    }
}

/// Reads in what a chain waits, and what its frames are inside of.
fn read_chain(reader: &Reader<'_>, chain: &[ChainFrame]) {
    let wait = reader.innermost_wait(python_frames(chain), COROUTINE_WAITS);
    let inner = wait.map_or(0, |(_, frames)| frames);
    let _ = reader.outer_wait(chain, inner, &mut Default::default());
    for frame in python_frames(chain) {
        let _ = reader.entered_managers(frame, false);
    }
}
