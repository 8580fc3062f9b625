//! Functions of the program that a loop or the end of a task will call.

use std::collections::VecDeque;

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::WaitInputs;
use super::roots::variables;
use crate::asyncio::{LoopHandles, RawHandle};
use crate::cpython::{Kind, Reader, Step, Type};
use crate::model::{Callback, CallbackKind, Thread, WaitKind};
use crate::snapshot::frames::Frames;
use crate::snapshot::threads::BuiltThread;

/// Maximum number of callbacks of one loop in a snapshot.
const MAX_SHOWN: usize = 1_000;

/// Maximum number of objects that are searched for functions behind the handles of a loop.
const MAX_OBJECTS: usize = 2_000;
/// Maximum number of steps from a handle to a function.
const MAX_DEPTH: u8 = 7;
/// Maximum number of watched files whose handles are searched.
const MAX_FILES: usize = 16;

/// What the handles of a loop, or the variables of a thread, lead to.
pub(super) struct Reached {
    /// The functions of the program that the loop or thread can call.
    pub callbacks: Vec<Callback>,
    /// Whether everything that they lead to was looked at.
    pub complete: bool,
    /// Addresses of all objects that they lead to.
    pub objects: FxHashSet<u64>,
}

/// What the handles of a loop lead to.
pub(super) fn of_loop(
    inputs: &WaitInputs<'_, '_>,
    event_loop: u64,
    handles: &LoopHandles,
) -> Reached {
    let mut search = Search {
        inputs,
        visited: FxHashSet::from_iter([event_loop]),
        sleeps: FxHashSet::default(),
        of_library: FxHashMap::default(),
        found: Vec::new(),
        complete: handles.watched.len() <= MAX_FILES,
    };
    for handle in &handles.timers {
        search.handle(handle, CallbackKind::Timer);
    }
    for handle in &handles.ready {
        search.handle(handle, CallbackKind::Ready);
    }
    for handle in &handles.signals {
        search.handle(handle, CallbackKind::Signal);
    }
    for file in handles.watched.iter().take(MAX_FILES) {
        for handle in file.reader.iter().chain(&file.writer) {
            search.handle(handle, CallbackKind::File);
        }
    }
    search.into_reached()
}

/// What a thread can call that does not stand on its stack: what the variables of frames of
/// libraries lead to which stand innermost, and wait for nothing inside of the process; in a
/// job, the callbacks of its future, which run when the
/// job ends.
pub(super) fn of_thread(inputs: &WaitInputs<'_, '_>, built: &BuiltThread) -> Reached {
    let frames = &built.thread.frames;
    let in_libraries = !frames.is_empty() && frames.iter().all(|frame| frame.library);
    if in_libraries && only_joins(&built.thread) {
        return Reached {
            callbacks: Vec::new(),
            complete: true,
            objects: FxHashSet::default(),
        };
    }
    let mut search = Search {
        inputs,
        visited: FxHashSet::default(),
        sleeps: FxHashSet::default(),
        of_library: FxHashMap::default(),
        found: Vec::new(),
        complete: in_libraries,
    };
    let waits_inside =
        (built.thread.waits_for.as_ref()).is_some_and(|wait| wait.kind.ends_inside());
    let innermost = match waits_inside {
        true => 0,
        false => frames.iter().take_while(|frame| frame.library).count(),
    };
    for (index, (frame, shown)) in built.stack.frames.iter().zip(frames).enumerate() {
        let objects = || {
            variables(inputs.reader, frame)
                .into_iter()
                .map(|it| it.object)
        };
        if in_libraries || index < innermost {
            search.from(objects(), CallbackKind::Thread, None);
        } else if shown.library && shown.file.as_deref().is_some_and(is_job_runner) {
            let futures = objects().filter_map(|object| inputs.reader.future_of_job(object));
            let callbacks: Vec<u64> = futures
                .flat_map(|future| inputs.reader.done_callbacks(future))
                .collect();
            search.from(callbacks.into_iter(), CallbackKind::Thread, None);
        }
    }
    search.into_reached()
}

/// Whether the thread only waits for the end of another one, and ends then: its target is the
/// method `join` (Lib/threading.py).
fn only_joins(thread: &Thread) -> bool {
    const FUNCTIONS: [&str; 5] = [
        "join",
        "_wait_for_tstate_lock",
        "run",
        "_bootstrap_inner",
        "_bootstrap",
    ];
    let wait = thread.waits_for.as_ref();
    wait.is_some_and(|wait| wait.kind == WaitKind::Thread)
        && thread.frames.iter().all(|frame| {
            let file = frame.file.as_deref();
            file.is_some_and(|it| it.ends_with("/threading.py"))
                && FUNCTIONS.contains(&frame.function.as_str())
        })
}

/// Whether the file is the one whose frames run the jobs of a thread pool.
fn is_job_runner(file: &str) -> bool {
    file.ends_with("concurrent/futures/thread.py")
}

/// A search for functions of the program behind handles.
struct Search<'a, 'r, 'm> {
    inputs: &'a WaitInputs<'r, 'm>,
    visited: FxHashSet<u64>,
    /// Futures that a timer completes, and nothing but tasks waits for. There may be more than
    /// the objects that are searched.
    sleeps: FxHashSet<u64>,
    /// Cache: whether the code of a callback is a library's, by its address.
    of_library: FxHashMap<u64, bool>,
    found: Vec<Callback>,
    complete: bool,
}

impl Search<'_, '_, '_> {
    /// Adds the functions that the callback of a handle is, has bound, or gets.
    fn handle(&mut self, handle: &RawHandle, by: CallbackKind) {
        if let Some(future) = self.sleep_of(handle) {
            self.sleeps.insert(future);
            return;
        }
        let due_s = handle.when.map(|when| when - self.inputs.now);
        let first = std::iter::once(handle.callback).chain(handle.arguments.iter().copied());
        self.from(first, by, due_s);
    }

    /// The future of the timer of a sleep. `None` for other handles, and where the end of the
    /// sleep calls more than what wakes a task.
    fn sleep_of(&mut self, handle: &RawHandle) -> Option<u64> {
        let reader = self.inputs.reader;
        let future = handle.completes()?;
        let wakes = |callback: &u64| {
            let kind = reader.type_of(*callback).map(|ty| ty.kind);
            matches!(kind, Ok(Kind::Builtin | Kind::TaskWakeup))
        };
        let is_of_library = (self.of_library.entry(handle.callback)).or_insert_with(|| {
            let code = reader.callable_code(handle.callback);
            code.is_some_and(|code| self.inputs.frames.is_library(&code.filename))
        });
        let wakes_only = || match reader.only_callback(future) {
            Some(callback) => wakes(&callback),
            None => {
                let future = reader.future(future);
                future.is_ok_and(|it| it.callbacks.iter().all(wakes))
            }
        };
        (*is_of_library && wakes_only()).then_some(future)
    }

    fn into_reached(mut self) -> Reached {
        self.visited.extend(self.sleeps);
        Reached {
            callbacks: self.found,
            complete: self.complete,
            objects: self.visited,
        }
    }

    /// Adds the functions that are reached from these objects.
    fn from(&mut self, objects: impl Iterator<Item = u64>, by: CallbackKind, due_s: Option<f64>) {
        let reader = self.inputs.reader;
        let mut open: VecDeque<(u64, u8)> = objects.map(|object| (object, 0)).collect();
        while let Some((object, depth)) = open.pop_front() {
            if !self.visited.insert(object) {
                continue;
            }
            if self.visited.len() > MAX_OBJECTS || self.found.len() >= MAX_SHOWN {
                self.complete = false;
                return;
            }
            self.add(object, by, due_s);
            let mut parts = reader.parts(object);
            let queued = reader.simple_queue_items(object).unwrap_or_default();
            parts.extend(queued.into_iter().map(|item| (Step::Member, item)));
            // Who ends a future has its callbacks called.
            if reader.is_future(object)
                && !reader.is_task(object)
                && let Ok(future) = reader.future(object)
            {
                let callbacks = future.callbacks.into_iter();
                parts.extend(callbacks.map(|callback| (Step::Bound, callback)));
            }
            if depth == MAX_DEPTH {
                self.complete &= parts.is_empty();
                continue;
            }
            open.extend(parts.into_iter().map(|(_, part)| (part, depth + 1)));
        }
    }

    /// Adds a function, or the methods of the class of an instance.
    fn add(&mut self, object: u64, by: CallbackKind, due_s: Option<f64>) {
        let (reader, frames) = (self.inputs.reader, self.inputs.frames);
        let Ok(ty) = reader.type_of(object) else {
            return;
        };
        let methods = match ty.kind {
            Kind::Function | Kind::Method | Kind::Partial => vec![object],
            Kind::Other if ty.is_heap() => reader.methods(&ty),
            // A library makes instances of it.
            Kind::Type => match reader.type_at(object) {
                Ok(class) if class.is_heap() => reader.methods(&class),
                _ => return,
            },
            _ => return,
        };
        for method in methods {
            if let Some(mut callback) = own_callback(reader, frames, method, by) {
                callback.due_s = due_s;
                self.found.push(callback);
            }
        }
    }
}

impl Reader<'_> {
    /// The future of the job at `addr` (Lib/concurrent/futures/thread.py, `_WorkItem`).
    fn future_of_job(&self, addr: u64) -> Option<u64> {
        let future = self.attribute_object(addr, "future").ok()??;
        self.is_concurrent_future(future).then_some(future)
    }

    /// What a future calls when it is done (Lib/concurrent/futures/_base.py, `Future`).
    fn done_callbacks(&self, future: u64) -> Vec<u64> {
        let list = self.attribute_object(future, "_done_callbacks");
        let list = list.ok().flatten();
        let items = list.and_then(|list| self.list_items(list, self.limits.items).ok());
        items.map_or(Vec::new(), |(items, _)| items)
    }

    /// Addresses of the functions in the dict of a class. Empty if it cannot be read.
    pub(super) fn methods(&self, class: &Type) -> Vec<u64> {
        let dict = self.type_dict(class.addr).ok().flatten();
        let items = dict.and_then(|dict| self.dict_items(dict, self.limits.value_items).ok());
        let values = items.map_or(Vec::new(), |(items, _)| items).into_iter();
        values
            .map(|(_, value)| value)
            .filter(|value| self.is_kind(*value, Kind::Function))
            .collect()
    }
}

/// The callable at `callable`, if its code is the program's own.
pub fn own_callback(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    callable: u64,
    by: CallbackKind,
) -> Option<Callback> {
    let code = reader.callable_code(callable)?;
    if frames.is_library(&code.filename) {
        return None;
    }
    Some(Callback {
        name: reader.shared(&code.qualname),
        file: Some(ArcStr::from(&*code.filename)),
        line: u32::try_from(code.first_line).ok(),
        by,
        due_s: None,
    })
}
