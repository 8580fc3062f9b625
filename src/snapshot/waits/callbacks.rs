//! Functions of the program that a loop or the end of a task will call.

use std::collections::VecDeque;

use arcstr::ArcStr;
use rustc_hash::FxHashSet;

use super::WaitInputs;
use super::roots::variables;
use crate::asyncio::{LoopHandles, RawHandle};
use crate::cpython::{Kind, Reader, Type};
use crate::model::{Callback, CallbackKind};
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

/// What the handles of a loop lead to.
pub(super) struct Reached {
    /// The functions of the program that the loop can call.
    pub callbacks: Vec<Callback>,
    /// Whether everything that the handles lead to was looked at.
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
    Reached {
        callbacks: search.found,
        complete: search.complete,
        objects: search.visited,
    }
}

/// The functions of the program that a thread with frames of libraries alone can call, and
/// whether these are all.
pub(super) fn of_thread(inputs: &WaitInputs<'_, '_>, built: &BuiltThread) -> (Vec<Callback>, bool) {
    let frames = &built.thread.frames;
    if frames.is_empty() || frames.iter().any(|frame| !frame.library) {
        return (Vec::new(), false);
    }
    let mut search = Search {
        inputs,
        visited: FxHashSet::default(),
        found: Vec::new(),
        complete: true,
    };
    for frame in &built.stack.frames {
        let objects = variables(inputs.reader, frame).into_iter();
        search.from(objects.map(|it| it.object), CallbackKind::Thread, None);
    }
    (search.found, search.complete)
}

/// A search for functions of the program behind handles.
struct Search<'a, 'r, 'm> {
    inputs: &'a WaitInputs<'r, 'm>,
    visited: FxHashSet<u64>,
    found: Vec<Callback>,
    complete: bool,
}

impl Search<'_, '_, '_> {
    /// Adds the functions that the callback of a handle is, has bound, or gets.
    fn handle(&mut self, handle: &RawHandle, by: CallbackKind) {
        let due_s = handle.when.map(|when| when - self.inputs.now);
        let first = std::iter::once(handle.callback).chain(handle.arguments.iter().copied());
        self.from(first, by, due_s);
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
            let parts = reader.parts(object);
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
    /// Addresses of the functions in the dict of a class. Empty if it cannot be read.
    fn methods(&self, class: &Type) -> Vec<u64> {
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
