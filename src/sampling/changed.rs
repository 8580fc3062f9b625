//! Finds the items of a running process whose memory changed while it was read.
//!
//! The memory was copied completely, and then copied a second time. Items that are equal
//! in both copies all existed as shown at the moment between the copies. Edges between
//! two such tasks did as well, because they are part of the memory of the tasks. For
//! threads, only frames and names are compared, not what their calls wait for.

use std::ops::Deref;
use std::sync::Arc;

use arcstr::{ArcStr, literal};
use rustc_hash::FxHashMap;

use super::iterations;
use crate::activity::{ChainFrame, python_frames};
use crate::asyncio::wait_table::COROUTINE_WAITS;
use crate::asyncio::{Dependents, FoundIn, FutureState, find_tasks};
use crate::cpython::{FrameSlot, Reader, Runtime};
use crate::limits::Limits;
use crate::model::{
    EventLoop, Framework, IdMap, IdSet, ItemId, Process, ResourceKind, Task, TaskState, Thread,
};
use crate::process::{CacheChanges, ChangedLines, Lines, PageCache, ProcessMemory, Traced};
use crate::snapshot::tasks::shown_name;
use crate::snapshot::threads::{active_threads, named_thread};
use crate::snapshot::waits::state;
use crate::trio::RUNNER;

/// Error of an item whose memory changed.
pub(super) const CHANGED: &str = "it changed while it was read";

/// A line that is never in a copy, and therefore always counts as changed.
const NEVER_COPIED: (u64, u64) = (0, 1);

/// The copied memory of the process. It records what is read.
type Read<'a> = Traced<'a, PageCache<ProcessMemory>>;

/// How much of a snapshot is not proven to be consistent. Less is better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marked {
    /// Number of tasks that existed all the time and are not in the snapshot.
    pub missed: usize,
    /// Number of errors of the process itself.
    pub unread: usize,
    /// Number of items that are marked as changed.
    pub items: usize,
    /// Whether the lists of tasks changed.
    pub lists: bool,
}

impl Marked {
    /// Whether the whole snapshot is consistent.
    pub fn is_none(&self) -> bool {
        self.missed + self.unread + self.items == 0
    }
}

/// Number of items that can be marked.
pub fn count(process: &Process) -> usize {
    process.tasks.len()
        + process.threads.len()
        + process.loops.len()
        + process.coroutines.len()
        + process.resources.len()
}

/// The memory that each item was decoded from at the sample before. While it is unchanged, the
/// item is decoded from the same memory again, which then need not be found out.
///
/// Types and code objects, which a reader reads once for all, are among the lines of the item that
/// it read first. They are in use as long as what refers to them is.
#[derive(Debug, Default)]
pub struct KnownLines(IdMap<Lines>);

/// [`KnownLines`], and what has changed since.
struct EarlierLines {
    of: IdMap<Lines>,
    changes: CacheChanges,
    /// Whether changes are noted, so that they can be used.
    are_noted: bool,
}

impl KnownLines {
    /// Takes them out for the next sample.
    fn unchanged(
        &mut self,
        cache: &PageCache<ProcessMemory>,
        lines: &ChangedLines,
    ) -> EarlierLines {
        let noted = cache.take_changes();
        let are_noted = noted.is_some();
        let mut changes = noted.unwrap_or_default();
        changes.add_differing(lines);
        EarlierLines {
            of: std::mem::take(&mut self.0),
            changes,
            are_noted,
        }
    }
}

impl EarlierLines {
    /// The lines of an item, if neither they have changed since, nor what differs now is among
    /// them.
    fn take(&mut self, id: ItemId) -> Option<Lines> {
        let lines = self.of.swap_remove(&id)?;
        (!self.changes.touch(&lines)).then_some(lines)
    }
}

/// Marks the items of `process` whose memory in `cache` is among the changed `lines`.
pub fn mark(
    process: &mut Process,
    runtime: &Runtime,
    cache: &PageCache<ProcessMemory>,
    lines: &ChangedLines,
    limits: &Limits,
    known: &mut KnownLines,
) -> Marked {
    let mut earlier = known.unchanged(cache, lines);
    let memory = Traced::new(cache);
    let reader = Reader::new(&memory, runtime.layout.clone(), limits.clone());
    let rereader = Rereader {
        reader: &reader,
        memory: &memory,
    };
    let mut marked = Marked {
        lists: !lines.are_same(&rereader.of_lists(runtime)),
        ..Marked::default()
    };
    let count = &mut marked;
    let mut is_unchanged = |id: ItemId, read: &dyn Fn() -> Lines| {
        if let Some(same) = earlier.take(id) {
            known.0.insert(id, same);
            return true;
        }
        let read = read();
        let is_same = lines.are_same(&read);
        if is_same && earlier.are_noted {
            known.0.insert(id, read);
        }
        is_same
    };
    mark_each(
        count,
        &mut process.tasks,
        |task| is_unchanged(task.id, &|| rereader.of_task(task)),
        |task| add_changed(&mut Arc::make_mut(task).error),
    );
    for event_loop in &mut process.loops {
        let frames = iterations::frames(&reader, event_loop, &process.threads);
        let read = rereader.lines(|it| iterations::touch(it, event_loop, &frames));
        if !lines.are_same(&read) {
            iterations::forget(event_loop);
        }
    }
    let stacks = rereader.of_stacks(runtime);
    mark_each(
        count,
        &mut process.threads,
        |thread| lines.are_same(&rereader.of_thread(thread, &stacks)),
        |thread| add_changed(&mut thread.error),
    );
    mark_each(
        count,
        &mut process.loops,
        |shown| lines.are_same(&rereader.of_loop(shown)),
        |shown| add_changed(&mut shown.error),
    );
    mark_each(
        count,
        &mut process.coroutines,
        |coroutine| is_unchanged(coroutine.id, &|| rereader.of_coroutine(coroutine.id)),
        |coroutine| add_changed(&mut coroutine.error),
    );
    mark_each(
        count,
        Arc::make_mut(&mut process.resources).as_mut_slice(),
        |resource| is_unchanged(resource.id, &|| rereader.of_resource(resource.id)),
        |resource| add_changed(&mut resource.error),
    );
    marked
}

/// Marks all references of `process`, because their memory was read only once.
pub fn mark_references(process: &mut Process) {
    let mark: ArcStr = literal!("it was read once, while it changed");
    for reference in Arc::make_mut(&mut process.references) {
        reference.error = Some(mark.clone());
    }
}

/// Number of tasks that existed when `before` was read and exist now, but are not in
/// `process`. It was read in between, while its lists of tasks changed.
pub fn missed(
    process: &Process,
    before: &Process,
    runtime: &Runtime,
    memory: ProcessMemory,
    limits: &Limits,
) -> usize {
    let shown: IdSet = process.tasks.iter().map(|task| task.id).collect();
    let cache = PageCache::new(memory);
    let reader = Reader::new(&cache, runtime.layout.clone(), limits.clone());
    // The name is compared because the address of an ended task may be reused.
    let is_still_pending = |task: &Task| {
        let addr = task.id.task();
        match task.framework {
            Framework::Asyncio => addr
                .and_then(|addr| reader.task(addr).ok())
                .is_some_and(|raw| {
                    raw.future.state == FutureState::Pending
                        && shown_name(&raw.name).0 == *task.name
                }),
            Framework::Trio => {
                let raw = addr.and_then(|addr| reader.trio_task(addr).ok());
                raw.is_some_and(|raw| {
                    reader.is_idle_generator(raw.coroutine) && *raw.name == *task.name
                })
            }
            // They are found in memory, not in lists that change while they are read.
            Framework::Greenlet => false,
        }
    };
    let absent = before.tasks.iter().filter(|task| !shown.contains(&task.id));
    absent
        .filter(|task| task.state != TaskState::Done && is_still_pending(task))
        .count()
}

/// Adds [`CHANGED`] to `error`.
fn add_changed<Text: Deref<Target = str> + From<String>>(error: &mut Option<Text>) {
    let marked = match error.take() {
        Some(known) => format!("{}; {CHANGED}", &*known),
        None => CHANGED.to_owned(),
    };
    *error = Some(marked.into());
}

/// Calls `mark` for each of `items` whose memory is not the same, and counts them.
fn mark_each<T>(
    count: &mut Marked,
    items: &mut [T],
    mut is_same: impl FnMut(&T) -> bool,
    mut mark: impl FnMut(&mut T),
) {
    for item in items {
        if !is_same(item) {
            mark(item);
            count.items += 1;
        }
    }
}

/// Reads items a second time, to learn which memory each is decoded from.
struct Rereader<'a, 'm> {
    reader: &'a Reader<'m>,
    memory: &'a Read<'m>,
}

impl Rereader<'_, '_> {
    /// The lines that `read` reads.
    fn lines(&self, read: impl FnOnce(&Reader<'_>)) -> Lines {
        self.memory.take_lines();
        read(self.reader);
        self.memory.take_lines()
    }

    /// Lines of the lists of tasks.
    fn of_lists(&self, runtime: &Runtime) -> Lines {
        let interpreters = self.reader.interpreters(runtime.addr).unwrap_or_default();
        // The lines of the stacks that lead to the runners of trio do not count.
        let runners = self.reader.trio_runners(&interpreters);
        self.lines(|reader| {
            for interpreter in reader.interpreters(runtime.addr).unwrap_or_default() {
                find_tasks(reader, &interpreter, &[], FoundIn::InLists);
            }
            for runner in &runners {
                let _ = reader.trio_tasks(*runner);
            }
        })
    }

    /// Lines of a task: its object, its await chain, the awaited future, the context
    /// managers that it has entered, and the callbacks that lead to its waiters.
    fn of_task(&self, task: &Task) -> Lines {
        match task.framework {
            Framework::Trio => return self.of_trio_task(task),
            Framework::Greenlet => return self.of_greenlet(task),
            Framework::Asyncio => {}
        }
        self.lines(|reader| {
            // A task that cannot be read has an error already.
            if let Some(addr) = task.id.task()
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

    /// Lines of a greenlet: its object, its state, and its frames.
    fn of_greenlet(&self, task: &Task) -> Lines {
        self.lines(|reader| {
            task.id
                .task()
                .into_iter()
                .for_each(|it| reader.touch_greenlet(it))
        })
    }

    /// Lines of a trio task: its object, its scopes, the nursery that it is in, its await
    /// chain, and the context managers that it has entered.
    fn of_trio_task(&self, task: &Task) -> Lines {
        self.lines(|reader| {
            if let Some(addr) = task.id.task()
                && let Ok(raw) = reader.trio_task(addr)
            {
                reader.trio_scopes(&raw);
                reader.trio_dependent(&raw);
                for chain in reader.chains(&[Some(raw.coroutine)]) {
                    reader.trio_wait(python_frames(&chain.frames));
                    read_chain(reader, &chain.frames);
                }
            }
        })
    }

    /// Lines that lead to the frames and the name of each thread, by the address of its
    /// innermost frame.
    fn of_stacks(&self, runtime: &Runtime) -> FxHashMap<u64, Lines> {
        let mut stacks = FxHashMap::default();
        let interpreters = self.reader.interpreters(runtime.addr).unwrap_or_default();
        for interpreter in &interpreters {
            let (named, all) = self.of_names(interpreter.addr);
            for thread in &interpreter.threads {
                let mut innermost = None;
                let mut lines = self.lines(|reader| {
                    let stack = reader.thread_stack(thread.addr);
                    innermost = stack.frames.first().map(|frame| frame.addr);
                });
                // A thread without an entry in `_active`: that it has no name depends on
                // all entries, so all of their lines count.
                lines.extend(named.get(&thread.ident).unwrap_or(&all));
                stacks.extend(innermost.map(|innermost| (innermost, lines)));
            }
        }
        stacks
    }

    /// Lines that give each thread its name, by the ident of the thread, and the lines
    /// of all entries.
    fn of_names(&self, interp: u64) -> (FxHashMap<u64, Lines>, Lines) {
        let mut named = FxHashMap::default();
        let Ok(Some(active)) = active_threads(self.reader, interp) else {
            return (named, Lines::new());
        };
        let mut items = Vec::new();
        let all = self.lines(|reader| {
            let max = reader.limits.threads;
            items = reader.dict_items(active, max).unwrap_or_default().0;
        });
        for (key, thread) in items {
            let entry = self.reader.dict_entry_of(active, thread).ok().flatten();
            let mut ident = None;
            let lines = self.lines(|reader| {
                ident = named_thread(reader, key, thread).ok().flatten();
                if let Some((at, len)) = entry {
                    let _ = reader.bytes(at, len);
                }
            });
            named.extend(ident.map(|(ident, _)| (ident, lines)));
        }
        (named, all)
    }

    /// Lines of the frames of a thread, and those that say that the frames are its.
    fn of_thread(&self, thread: &Thread, stacks: &FxHashMap<u64, Lines>) -> Lines {
        let locations = || thread.frames.iter().filter_map(|frame| frame.place);
        let mut lines = self.of_frames(thread);
        // A thread may have thread states in several interpreters.
        let stacks = locations().filter_map(|location| stacks.get(&location.frame));
        let count = lines.len();
        lines.extend(stacks.flatten());
        if locations().next().is_some() && lines.len() == count {
            lines.push(NEVER_COPIED);
        }
        lines
    }

    /// Lines of the frames of a thread.
    fn of_frames(&self, thread: &Thread) -> Lines {
        self.lines(|reader| {
            for location in thread.frames.iter().filter_map(|frame| frame.place) {
                if let Ok(FrameSlot::Python { frame, .. }) = reader.frame(location.frame) {
                    reader.frame_position(&frame);
                    let _ = reader.entered_managers(&frame, true);
                }
            }
        })
    }

    /// Lines of an event loop.
    fn of_loop(&self, shown: &EventLoop) -> Lines {
        self.lines(|reader| {
            let ItemId::Loop(addr) = shown.id else {
                return;
            };
            if shown.class_name == RUNNER {
                reader.trio_runner_state(addr);
                reader.trio_watched(addr);
                return;
            }
            let _ = reader.event_loop(addr);
            reader.loop_handles(addr);
        })
    }

    /// Lines of a coroutine without a task.
    fn of_coroutine(&self, id: ItemId) -> Lines {
        self.lines(|reader| {
            let ItemId::Coroutine(addr) = id else { return };
            let chains = reader.chains(&[Some(addr)]);
            chains
                .iter()
                .for_each(|chain| read_chain(reader, &chain.frames));
        })
    }

    /// Lines of a resource. Files of the kernel have none, because they were not read
    /// from memory.
    fn of_resource(&self, id: ItemId) -> Lines {
        self.lines(|reader| {
            let ItemId::Resource(kind, addr) = id else {
                return;
            };
            state::read(reader, kind, addr);
            if kind == ResourceKind::Executor {
                reader.queued_jobs(addr);
            }
        })
    }
}

/// Reads what a chain waits for, and the context managers that its frames have entered.
fn read_chain(reader: &Reader<'_>, chain: &[ChainFrame]) {
    let wait = reader.innermost_wait(python_frames(chain), COROUTINE_WAITS);
    let inner = wait.map_or(0, |(_, frames)| frames);
    for frame in python_frames(chain).skip(inner) {
        if let Ok(Some(receiver)) = reader.method_receiver(frame) {
            let _ = reader.outer(receiver);
        }
    }
    for frame in python_frames(chain) {
        let _ = reader.entered_managers(frame, false);
    }
}
