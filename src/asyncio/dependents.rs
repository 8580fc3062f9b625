//! Who goes on when a future is done: found by following its callbacks, on
//! every version. What 3.14 records itself (`task_awaited_by`) says less: it
//! also names tasks that have begun to gather or to run a group, and await
//! something else.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cpython::error::Result;
use crate::cpython::{Kind, Reader};
use crate::model::EdgeKind;

/// A task that cannot go on before another, and through what it waits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dependent {
    pub task: u64,
    pub via: EdgeKind,
}

/// Where a known callback keeps what it completes.
enum Place {
    /// Variable of its closure.
    Cell(&'static str),
    /// Attribute of the object that the method is bound to.
    Attribute(&'static str),
    /// First argument of a `functools.partial`.
    Argument,
    /// It completes nothing.
    Nowhere,
}

/// Callbacks that asyncio itself registers, by the end of their qualified
/// name: Lib/asyncio/{tasks,futures,taskgroups,base_events}.py, 3.7 to 3.15.
const KNOWN: &[(&str, Place, EdgeKind)] = &[
    (
        "gather.<locals>._done_callback",
        Place::Cell("outer"),
        EdgeKind::Gather,
    ),
    (
        "_wait.<locals>._on_completion",
        Place::Cell("waiter"),
        EdgeKind::Wait,
    ),
    (
        "shield.<locals>._inner_done_callback",
        Place::Cell("outer"),
        EdgeKind::Shield,
    ),
    (
        "shield.<locals>._outer_done_callback",
        Place::Nowhere,
        EdgeKind::Shield,
    ),
    (
        "_clear_awaited_by_callback",
        Place::Nowhere,
        EdgeKind::Shield,
    ),
    ("_log_on_exception", Place::Nowhere, EdgeKind::Shield),
    (
        "as_completed.<locals>._on_completion",
        Place::Cell("done"),
        EdgeKind::AsCompleted,
    ),
    (
        "_AsCompletedIterator._handle_completion",
        Place::Attribute("_done"),
        EdgeKind::AsCompleted,
    ),
    ("_release_waiter", Place::Argument, EdgeKind::WaitFor),
    (
        "TaskGroup._on_task_done",
        Place::Attribute("_on_completed_fut"),
        EdgeKind::TaskGroup,
    ),
    (
        "_chain_future.<locals>._call_set_state",
        Place::Cell("destination"),
        EdgeKind::Future,
    ),
    (
        "_chain_future.<locals>._call_check_cancel",
        Place::Nowhere,
        EdgeKind::Future,
    ),
    ("_run_until_complete_cb", Place::Nowhere, EdgeKind::Future),
];

/// What one callback leads to.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// It wakes this task.
    Task(u64),
    /// It completes this future.
    Future(u64, EdgeKind),
}

/// Finds dependents, remembering what each future leads to.
#[derive(Default)]
pub struct Dependents {
    known: FxHashMap<u64, Leads>,
    /// What each callback leads to: many futures may have the same one.
    callbacks: FxHashMap<u64, Rc<[Target]>>,
}

/// What one future leads to.
#[derive(Debug, Default, Clone)]
struct Leads {
    /// Tasks that it wakes.
    wakes: Vec<u64>,
    /// Futures that it completes.
    targets: Vec<(u64, EdgeKind)>,
}

/// What waits, directly or through other futures, for one task.
#[derive(Debug, Default)]
pub struct Reached {
    pub dependents: Vec<Dependent>,
    /// Futures of `concurrent.futures` on the way: threads wait for those.
    pub concurrent: Vec<u64>,
}

impl Dependents {
    /// What cannot go on before the future or task at `future` is done.
    /// `callbacks` are its own.
    pub fn of(&mut self, reader: &Reader<'_>, future: u64, callbacks: &[u64]) -> Reached {
        let mut reached = Reached::default();
        let leads = self.leads(reader, callbacks);
        let mut seen: FxHashSet<u64> = FxHashSet::default();
        let mut queue: Vec<(u64, EdgeKind)> = Vec::new();
        let mut follow = |leads: &Leads, via, queue: &mut Vec<_>| {
            for task in &leads.wakes {
                let dependent = Dependent { task: *task, via };
                if *task != future && !reached.dependents.contains(&dependent) {
                    reached.dependents.push(dependent);
                }
            }
            for (next, next_via) in &leads.targets {
                if *next != future && seen.len() < reader.limits.items && seen.insert(*next) {
                    queue.push((*next, *next_via));
                    if !reader.is_future(*next) {
                        reached.concurrent.push(*next);
                    }
                }
            }
        };
        follow(&leads, EdgeKind::Await, &mut queue);
        while let Some((current, via)) = queue.pop() {
            if !self.known.contains_key(&current) {
                let callbacks = reader.future(current).map(|raw| raw.callbacks);
                let leads = self.leads(reader, &callbacks.unwrap_or_default());
                self.known.insert(current, leads);
            }
            follow(&self.known[&current], via, &mut queue);
        }
        reached
    }

    fn leads(&mut self, reader: &Reader<'_>, callbacks: &[u64]) -> Leads {
        let mut leads = Leads::default();
        for callback in callbacks {
            let targets = self.callbacks.entry(*callback).or_insert_with(|| {
                let targets = reader.callback_targets(*callback);
                targets.unwrap_or_default().into()
            });
            for target in targets.iter() {
                match *target {
                    Target::Task(task) => leads.wakes.push(task),
                    Target::Future(future, via) => leads.targets.push((future, via)),
                }
            }
        }
        leads
    }
}

impl Reader<'_> {
    fn callback_targets(&self, callback: u64) -> Result<Vec<Target>> {
        let layout = &self.layout;
        let field = |offset: u32, what| self.required(callback + u64::from(offset), what);
        match self.type_of(callback)?.kind {
            Kind::TaskWakeup => {
                let task = field(layout.awaitable.wrapped, "ww_task")?;
                Ok(vec![Target::Task(task)])
            }
            Kind::Builtin => {
                let receiver = field(layout.builtin.m_self, "m_self")?;
                Ok(self.wake_up_of(receiver))
            }
            Kind::Method => {
                let receiver = field(layout.method.im_self, "im_self")?;
                if self.is_task(receiver) {
                    return Ok(vec![Target::Task(receiver)]);
                }
                let name = self.callable_name(callback)?;
                self.method_targets(receiver, &name)
            }
            Kind::Function => self.function_targets(callback),
            Kind::Partial => self.partial_targets(callback),
            _ => Ok(Vec::new()),
        }
    }

    fn wake_up_of(&self, receiver: u64) -> Vec<Target> {
        match self.is_task(receiver) {
            true => vec![Target::Task(receiver)],
            false => Vec::new(),
        }
    }

    fn method_targets(&self, receiver: u64, name: &str) -> Result<Vec<Target>> {
        match known(name) {
            Some((Place::Attribute(attribute), via)) => {
                match self.attribute_object(receiver, attribute)? {
                    Some(object) => Ok(self.completed_by(object, via)),
                    None => Ok(Vec::new()),
                }
            }
            Some(_) => Ok(Vec::new()),
            None => Ok(self.completed_by(receiver, EdgeKind::Future)),
        }
    }

    fn function_targets(&self, function: u64) -> Result<Vec<Target>> {
        let name = self.callable_name(function)?;
        let place = known(&name);
        if matches!(place, Some((Place::Nowhere, _))) {
            return Ok(Vec::new());
        }
        let mut targets = Vec::new();
        for (variable, value) in self.closure(function)? {
            match place {
                Some((Place::Cell(wanted), via)) if *variable == **wanted => {
                    targets.extend(self.completed_by(value, via));
                }
                Some(_) => {}
                None => targets.extend(self.completed_by(value, EdgeKind::Future)),
            }
        }
        Ok(targets)
    }

    fn partial_targets(&self, partial: u64) -> Result<Vec<Target>> {
        let layout = &self.layout.partial;
        let function = self.required(partial + u64::from(layout.func), "fn")?;
        let args = self.required(partial + u64::from(layout.args), "args")?;
        let (args, _) = self.tuple_items(args, self.limits.value_items)?;
        let via = match known(&self.callable_name(function)?) {
            Some((Place::Argument, via)) => via,
            Some(_) => return Ok(Vec::new()),
            None => EdgeKind::Future,
        };
        Ok(args
            .into_iter()
            .flat_map(|argument| self.completed_by(argument, via))
            .collect())
    }

    /// What `object` stands for as the thing that a callback completes: a
    /// future, or the futures of those that wait in a queue.
    fn completed_by(&self, object: u64, via: EdgeKind) -> Vec<Target> {
        if self.is_task(object) {
            // A task completes by itself: the callback only knows it.
            return Vec::new();
        }
        if self.is_future(object) || self.is_concurrent_future(object) {
            return vec![Target::Future(object, via)];
        }
        let getters = match self.attribute_object(object, "_getters") {
            Ok(Some(getters)) => self.deque_items(getters, self.limits.items),
            _ => return Vec::new(),
        };
        getters
            .map(|(futures, _)| futures)
            .unwrap_or_default()
            .into_iter()
            .filter(|future| self.is_future(*future))
            .map(|future| Target::Future(future, via))
            .collect()
    }

    /// The futures that `asyncio.gather()` waits for, when the object at
    /// `future` is what it returned (`_GatheringFuture`, Lib/asyncio/tasks.py).
    pub fn gathered(&self, future: u64) -> Option<Vec<u64>> {
        let ty = self.type_of(future).ok()?;
        if &*ty.name != "_GatheringFuture" {
            return None;
        }
        let children = self.attribute_object(future, "_children").ok()??;
        let (children, _) = self.list_items(children, self.limits.items).ok()?;
        Some(children)
    }

    /// The future of `concurrent.futures` that completes the asyncio future at
    /// `future`: a callback of the latter cancels the former
    /// (`_chain_future`, Lib/asyncio/futures.py).
    pub fn concurrent_source(&self, future: u64) -> Option<u64> {
        let callbacks = self.future(future).ok()?.callbacks;
        callbacks
            .into_iter()
            .filter(|callback| self.is_kind(*callback, Kind::Function))
            .filter_map(|callback| self.closure(callback).ok())
            .flatten()
            .find(|(name, value)| &**name == "source" && self.is_concurrent_future(*value))
            .map(|(_, value)| value)
    }

    /// Whether the object at `addr` is a future of `concurrent.futures`.
    pub fn is_concurrent_future(&self, addr: u64) -> bool {
        self.type_of(addr).is_ok_and(|ty| ty.is_heap())
            && matches!(self.attribute(addr, "_done_callbacks"), Ok(Some(_)))
    }
}

fn known(name: &str) -> Option<(&'static Place, EdgeKind)> {
    KNOWN
        .iter()
        .find(|(end, ..)| name.ends_with(end))
        .map(|(_, place, via)| (place, *via))
}
