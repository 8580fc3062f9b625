//! Which tasks continue when a future is done, found by following its callbacks. This
//! works on every version. `task_awaited_by` of 3.14 is less exact: it also lists
//! tasks that started a gather or a group and now await something else.

use std::rc::Rc;

use python_offsets::Offset;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::activity::Dependent;
use crate::cpython::error::Result;
use crate::cpython::{Kind, Reader};
use crate::model::EdgeKind;

/// Where a known callback stores the object that it completes.
#[derive(Debug, Clone, Copy)]
enum Completes {
    /// In a variable of its closure.
    Cell(&'static str),
    /// In an attribute of the receiver of the method.
    Attribute(&'static str),
    /// As the first argument of a `functools.partial`.
    Argument,
    /// It makes `run_until_complete()` return.
    Run,
    /// It completes nothing.
    Nothing,
}

/// Callbacks that asyncio itself registers, by the end of their qualified name, with
/// the kind of the edge: Lib/asyncio/{tasks,futures,taskgroups,base_events}.py, 3.7 to 3.15.
const KNOWN: &[(&str, Completes, EdgeKind)] = &[
    (
        "gather.<locals>._done_callback",
        Completes::Cell("outer"),
        EdgeKind::Gather,
    ),
    (
        "_wait.<locals>._on_completion",
        Completes::Cell("waiter"),
        EdgeKind::Wait,
    ),
    (
        "shield.<locals>._inner_done_callback",
        Completes::Cell("outer"),
        EdgeKind::Shield,
    ),
    (
        "shield.<locals>._outer_done_callback",
        Completes::Nothing,
        EdgeKind::Shield,
    ),
    (
        "_clear_awaited_by_callback",
        Completes::Nothing,
        EdgeKind::Shield,
    ),
    ("_log_on_exception", Completes::Nothing, EdgeKind::Shield),
    (
        "as_completed.<locals>._on_completion",
        Completes::Cell("done"),
        EdgeKind::AsCompleted,
    ),
    (
        "_AsCompletedIterator._handle_completion",
        Completes::Attribute("_done"),
        EdgeKind::AsCompleted,
    ),
    ("_release_waiter", Completes::Argument, EdgeKind::WaitFor),
    (
        "TaskGroup._on_task_done",
        Completes::Attribute("_on_completed_fut"),
        EdgeKind::TaskGroup,
    ),
    (
        "_chain_future.<locals>._call_set_state",
        Completes::Cell("destination"),
        EdgeKind::Future,
    ),
    (
        "_chain_future.<locals>._call_check_cancel",
        Completes::Nothing,
        EdgeKind::Future,
    ),
    ("_run_until_complete_cb", Completes::Run, EdgeKind::Future),
];

/// The effect of one callback.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// It wakes this task.
    Task(u64),
    /// It completes this future.
    Future(u64, EdgeKind),
    /// It ends the run of the loop.
    Run,
}

/// Finds dependents, with a cache of the effects of each future.
#[derive(Default)]
pub struct Dependents {
    known: FxHashMap<u64, Leads>,
    /// Effects of each callback. Many futures may share one.
    callbacks: FxHashMap<u64, Rc<[Target]>>,
}

/// The effects of one future.
#[derive(Debug, Default, Clone)]
struct Leads {
    /// Addresses of the tasks that it wakes.
    wakes: Vec<u64>,
    /// Addresses of the futures that it completes, with the kind of the edge.
    targets: Vec<(u64, EdgeKind)>,
    /// Whether it ends the run of the loop.
    ends_run: bool,
}

/// Everything that waits for one task, directly or through other futures.
#[derive(Debug, Default)]
pub struct Reached {
    /// The waiting tasks.
    pub dependents: Vec<Dependent>,
    /// Futures of `concurrent.futures` on the way, for which threads wait.
    pub concurrent: Vec<u64>,
    /// Whether `run_until_complete()` of its loop returns when it is done.
    pub ends_run: bool,
}

impl Dependents {
    /// Everything that cannot continue before the future or task at `future` is done.
    /// `callbacks` are the callbacks of `future`.
    pub fn of(&mut self, reader: &Reader<'_>, future: u64, callbacks: &[u64]) -> Reached {
        let mut reached = Reached::default();
        let leads = self.leads(reader, callbacks);
        reached.ends_run = leads.ends_run;
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
                    Target::Run => leads.ends_run = true,
                }
            }
        }
        leads
    }
}

impl Reader<'_> {
    fn callback_targets(&self, callback: u64) -> Result<Vec<Target>> {
        let layout = &self.layout;
        let field = |offset: Offset, what| self.required(offset.at(callback), what);
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
            Some((Completes::Attribute(attribute), via)) => {
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
        let known = known(&name);
        match known {
            Some((Completes::Nothing, _)) => return Ok(Vec::new()),
            Some((Completes::Run, _)) => return Ok(vec![Target::Run]),
            _ => {}
        }
        let mut targets = Vec::new();
        for (variable, value) in self.closure(function)? {
            match known {
                Some((Completes::Cell(wanted), via)) if *variable == **wanted => {
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
        let function = self.required(layout.func.at(partial), "fn")?;
        let args = self.required(layout.args.at(partial), "args")?;
        let (args, _) = self.tuple_items(args, self.limits.value_items)?;
        let via = match known(&self.callable_name(function)?) {
            Some((Completes::Argument, via)) => via,
            Some(_) => return Ok(Vec::new()),
            None => EdgeKind::Future,
        };
        Ok(args
            .into_iter()
            .flat_map(|argument| self.completed_by(argument, via))
            .collect())
    }

    /// The effect of completing `object`, which is a future, or a queue with the futures
    /// of its waiters.
    fn completed_by(&self, object: u64, via: EdgeKind) -> Vec<Target> {
        if self.is_task(object) {
            // Only the task itself completes it; the callback just refers to it.
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

    /// The futures that `asyncio.gather()` waits for. `None` if the object at `future`
    /// is not its result (`_GatheringFuture`, Lib/asyncio/tasks.py).
    pub fn gathered(&self, future: u64) -> Option<Vec<u64>> {
        let ty = self.type_of(future).ok()?;
        if &*ty.name != "_GatheringFuture" {
            return None;
        }
        let children = self.attribute_object(future, "_children").ok()??;
        let (children, _) = self.list_items(children, self.limits.items).ok()?;
        Some(children)
    }

    /// The future of `concurrent.futures` that completes the asyncio future at `future`.
    /// A callback of the latter cancels the former (`_chain_future`,
    /// Lib/asyncio/futures.py). `None` if there is none.
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

fn known(name: &str) -> Option<(&'static Completes, EdgeKind)> {
    KNOWN
        .iter()
        .find(|(end, ..)| name.ends_with(end))
        .map(|(_, completes, via)| (completes, *via))
}
