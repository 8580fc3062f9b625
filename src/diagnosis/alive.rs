//! Which nodes can go on: those that need nobody, and all that follow from them.

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::dependencies::{Dependencies, Dependency};
use super::enders::{Enders, is_given_back_by_holder};
use super::facts::{Facts, wait_kind};
use super::released::{cancelled, released_by_errors};
use super::rule::SOON_S;
use super::source::{AfterTimeout, after_timeout};
use crate::model::{
    Coroutine, EventLoop, IdSet, Item, ItemId, LoopState, Referrer, Resource, ResourceKind, Task,
    TaskState, Thread, WaitKind,
};

/// Maximum number of tasks that wait for each other in `asyncio.wait_for`.
const MAX_GUARDED: usize = 4;

/// How many of its dependencies a node needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    /// It has no dependency, and nothing lets it go on.
    Never,
    All,
    Any,
}

/// Finds the nodes that can go on.
pub(super) fn find(facts: &Facts<'_>, deps: &Dependencies<'_>) -> Alive {
    let mut fixpoint = Fixpoint::new(deps.graph.node_count());
    for node in deps.graph.node_indices() {
        fixpoint.prepare(node, need(facts, deps, node), deps);
    }
    fixpoint.spread(deps);
    fixpoint.cancel(facts, deps);
    // Any code that still runs can reach the variables of a module, so these
    // count only once it is known that some code runs.
    if any_code_runs(facts, deps, &fixpoint.alive) {
        for resource in module_globals(facts, deps) {
            if let Some(node) = deps.node(resource) {
                fixpoint.revive(node);
            }
        }
        fixpoint.spread(deps);
        fixpoint.cancel(facts, deps);
    }
    fixpoint.alive
}

/// Which nodes can go on.
#[derive(Debug, Default)]
pub(super) struct Alive(Vec<bool>);

impl Alive {
    /// Whether the node can go on.
    pub(super) fn contains(&self, node: NodeIndex) -> bool {
        self.0.get(node.index()).copied().unwrap_or_default()
    }
}

/// What a node still lacks.
#[derive(Clone, Copy)]
enum Lacks {
    /// Something that never comes.
    Forever,
    /// One of its dependencies.
    Any,
    /// So many of its dependencies.
    Some(usize),
}

struct Fixpoint {
    alive: Alive,
    lacks: Vec<Lacks>,
    open: Vec<NodeIndex>,
}

impl Fixpoint {
    fn new(nodes: usize) -> Self {
        Self {
            alive: Alive(vec![false; nodes]),
            lacks: vec![Lacks::Forever; nodes],
            open: Vec::new(),
        }
    }

    fn prepare(&mut self, node: NodeIndex, need: Need, deps: &Dependencies<'_>) {
        self.lacks[node.index()] = match need {
            Need::Nothing => return self.revive(node),
            Need::Never => Lacks::Forever,
            Need::Any => Lacks::Any,
            Need::All => Lacks::Some(deps.graph.edges(node).count()),
        };
    }

    fn revive(&mut self, node: NodeIndex) {
        if !std::mem::replace(&mut self.alive.0[node.index()], true) {
            self.open.push(node);
        }
    }

    /// Lets the tasks go on that somebody who goes on may cancel. An error cancels the group in
    /// which it is raised. Who was cancelled may cancel others.
    fn cancel(&mut self, facts: &Facts<'_>, deps: &Dependencies<'_>) {
        loop {
            let mut released = released_by_errors(facts, deps, &self.alive);
            released.extend(cancelled(facts, deps, &self.alive));
            released.retain(|node| !self.alive.contains(*node));
            if released.is_empty() {
                return;
            }
            for node in released {
                self.revive(node);
            }
            self.spread(deps);
        }
    }

    fn spread(&mut self, deps: &Dependencies<'_>) {
        while let Some(node) = self.open.pop() {
            for waiting in deps.graph.neighbors_directed(node, Direction::Incoming) {
                // Who goes on and never gives back ends no wait.
                if deps.keeps(waiting, node) {
                    continue;
                }
                match &mut self.lacks[waiting.index()] {
                    Lacks::Forever => {}
                    Lacks::Any => self.revive(waiting),
                    Lacks::Some(left) => {
                        *left = left.saturating_sub(1);
                        if *left == 0 {
                            self.revive(waiting);
                        }
                    }
                }
            }
        }
    }
}

/// Resources that a module's variable leads to.
fn module_globals(facts: &Facts<'_>, deps: &Dependencies<'_>) -> IdSet {
    let references = facts.process.references.iter();
    references
        .filter(|reference| matches!(reference.from, Referrer::Module(_)))
        .filter(|reference| deps.enders(reference.to).is_none())
        // Whoever knows a lock that somebody has can only wait for it.
        .filter(|reference| !facts.resource(reference.to).is_some_and(Resource::is_held))
        .map(|reference| reference.to)
        .collect()
}

/// Whether anything is left that could run code which nobody waits for.
fn any_code_runs(facts: &Facts<'_>, deps: &Dependencies<'_>, alive: &Alive) -> bool {
    let is_alive = |id: ItemId| deps.node(id).is_some_and(|node| alive.contains(node));
    let stopped =
        |thread: &Thread| thread.task.is_some_and(|task| !is_alive(task)) || !is_alive(thread.id);
    let mut threads = facts.process.threads.iter();
    threads.any(|thread| thread.event_loop.is_none() && !stopped(thread))
        || facts.live_nodes().any(|(node, _)| alive.contains(node))
        || facts.listeners().next().is_some()
}

fn need(facts: &Facts<'_>, deps: &Dependencies<'_>, node: NodeIndex) -> Need {
    let connected = deps.graph.edges(node).next().is_some();
    let item = deps.item(node);
    let moved = deps.id(node).is_some_and(|id| facts.progress.moved(id));
    if moved || just_began(facts, item) {
        return Need::Nothing;
    }
    match item {
        Some(Item::Task(task)) => of_task(facts, deps, task, node, connected),
        Some(Item::Resource(resource)) => of_resource(facts, deps, resource, connected),
        Some(Item::Coroutine(coroutine)) if connected => {
            let mut edges = deps.graph.edges(node);
            // Any of those that keep it may let it go on.
            match edges.all(|edge| *edge.weight() == Dependency::Refers) {
                true if !runs(facts, coroutine) => Need::Any,
                _ => Need::All,
            }
        }
        Some(Item::Coroutine(coroutine)) if runs(facts, coroutine) => Need::Nothing,
        Some(Item::Coroutine(_)) => Need::Never,
        Some(Item::Loop(event_loop)) => of_loop(event_loop, connected),
        Some(Item::Thread(thread)) if has_limit(thread) || has_alarm(facts, deps, thread) => {
            Need::Nothing
        }
        // One of its threads is enough.
        _ if deps
            .id(node)
            .is_some_and(|id| facts.resting().contains_key(&id)) =>
        {
            Need::Any
        }
        Some(Item::Thread(_)) if connected => Need::All,
        // Each of these may use the other end of its pipe.
        Some(Item::Child(_)) if connected => Need::Any,
        _ => Need::Nothing,
    }
}

/// Whether time alone ends the call that the thread is in. Who waits long for a lock does not
/// want to go on without it.
fn has_limit(thread: &Thread) -> bool {
    let Some(wait) = &thread.waits_for else {
        return false;
    };
    let kind = wait.resource.and_then(ItemId::resource_kind);
    let is_lock = kind.is_some_and(|kind| kind.is_lock() || kind.has_permits());
    (wait.remaining_s).is_some_and(|left| left < SOON_S || !is_lock)
}

/// Whether a timer of the kernel may end the wait of the thread: it is the main thread, in which
/// handlers of signals run (Lib/signal.py).
fn has_alarm(facts: &Facts<'_>, deps: &Dependencies<'_>, thread: &Thread) -> bool {
    let main = facts.process.threads.first();
    deps.alarm_raises() && main.is_some_and(|main| main.id == thread.id)
}

/// Whether a timeout of what the task waits for leaves it as an error.
pub(super) fn fails_with_timeout(facts: &Facts<'_>, task: &Task) -> bool {
    let own = task.frames.iter().filter(|frame| !frame.library);
    let mut after = own.map(|frame| {
        let module = (frame.file.as_deref()).and_then(|file| facts.module(file));
        let (module, line) = (module?, frame.line?);
        Some(after_timeout(&module, line, false))
    });
    after.all(|after| after == Some(AfterTimeout::Raises))
}

/// Whether the task waits for a signal or a timeout, whichever comes first, again and again:
/// its own code catches the timeout in a loop, and goes on.
fn wakes_by_itself(facts: &Facts<'_>, task: &Task) -> bool {
    let kind = (task.waits_for.as_ref())
        .and_then(|wait| wait.resource)
        .and_then(ItemId::resource_kind);
    if !kind.is_some_and(ResourceKind::needs_signal) {
        return false;
    }
    let waiting_for = |task: &Task| {
        let next = match &*task.awaited_by {
            [only] => facts.task(*only),
            _ => None,
        };
        next.filter(|it| wait_kind(it) == Some(WaitKind::WaitFor))
    };
    if task.guards.is_empty() && waiting_for(task).is_none() {
        return false;
    }
    let mut caught = false;
    let mut guarded = false;
    let mut next = Some(task);
    // Before CPython 3.12, `asyncio.wait_for` waits for a task of its own.
    for _ in 0..MAX_GUARDED {
        let Some(task) = next else { break };
        guarded |= task.guards.iter().any(|guard| guard.remaining_s >= 0.0);
        for frame in task.frames.iter().filter(|frame| !frame.library) {
            let module = (frame.file.as_deref()).and_then(|file| facts.module(file));
            let (Some(module), Some(line)) = (module, frame.line) else {
                return false;
            };
            match after_timeout(&module, line, caught) {
                AfterTimeout::Raises => {}
                AfterTimeout::Catches => caught = true,
                AfterTimeout::Repeats => return guarded,
            }
        }
        next = waiting_for(task);
    }
    false
}

/// Whether the task is new and runs in a thread that did something between the
/// samples. Its wait may be over in a moment, but no earlier sample shows that.
fn just_began(facts: &Facts<'_>, item: Option<Item<'_>>) -> bool {
    let Some(Item::Task(task)) = item else {
        return false;
    };
    task.state == TaskState::Running
        && facts.progress.is_new(task.id)
        && (facts.thread_of_running(task)).is_some_and(|thread| facts.progress.moved(thread.id))
}

fn of_task(
    facts: &Facts<'_>,
    deps: &Dependencies<'_>,
    task: &Task,
    node: NodeIndex,
    connected: bool,
) -> Need {
    let event_loop = task.event_loop.and_then(|id| facts.event_loop(id));
    let ends_in_time = |thread| has_limit(thread) || has_alarm(facts, deps, thread);
    if task.state == TaskState::Done
        || facts.thread_of_running(task).is_some_and(ends_in_time)
        || wakes_by_itself(facts, task)
    {
        return Need::Nothing;
    }
    if event_loop.is_some_and(|event_loop| !turns(event_loop)) && task.state != TaskState::Running {
        return Need::Never;
    }
    if !connected {
        return match lost_wakeup(facts, task) {
            true => Need::Never,
            false => Need::Nothing,
        };
    }
    let mut edges = deps.graph.edges(node);
    match edges.all(|edge| edge.weight().needs_only_one()) {
        true => Need::Any,
        false => Need::All,
    }
}

/// Whether anybody runs the loop; unknown counts as yes.
fn turns(event_loop: &EventLoop) -> bool {
    event_loop.running && event_loop.closed != Some(true)
}

/// Ready in two samples while its loop sleeps in the selector: nobody woke it.
pub(super) fn lost_wakeup(facts: &Facts<'_>, task: &Task) -> bool {
    let event_loop = task.event_loop;
    task.state == TaskState::Ready
        && facts.progress.unchanged(task.id)
        && event_loop
            .and_then(|id| facts.event_loop(id))
            .is_some_and(|event_loop| sleeps_on_work(facts, event_loop))
}

/// Whether the loop slept in its selector in all samples, with handles in its
/// ready queue.
pub(super) fn sleeps_on_work(facts: &Facts<'_>, event_loop: &EventLoop) -> bool {
    let sleeps = |event_loop: &EventLoop| {
        event_loop.state == LoopState::Polling
            && event_loop.ready.is_some_and(|ready| ready > 0)
            && event_loop.next_timer_s.is_none_or(|left| left > 0.0)
    };
    let slept = facts.earlier.iter().all(|sample| {
        let mut loops = sample.loops.iter();
        loops.any(|old| old.id == event_loop.id && sleeps(old))
    });
    let thread = event_loop.thread;
    let still = thread.is_some_and(|thread| facts.progress.unchanged(thread));
    sleeps(event_loop) && slept && still
}

fn of_resource(
    facts: &Facts<'_>,
    deps: &Dependencies<'_>,
    resource: &Resource,
    connected: bool,
) -> Need {
    // Whether the lock of a condition is free says nothing about its wait.
    let free = (resource.locked == Some(false) && resource.kind != ResourceKind::Condition)
        || resource.set == Some(true);
    if free {
        return Need::Nothing;
    }
    // Others may have it, or code of a library ends the wait.
    if resource.kind.is_shared() {
        let all_known = resource.ends.as_ref().is_some_and(|end| end.complete);
        // What nobody waits for here has no enders, but may have a holder.
        let is_held = resource.is_held() && is_given_back_by_holder(resource);
        let ends_here = matches!(deps.enders(resource.id), Some(Enders::These(_)));
        if !all_known || !is_held && !ends_here {
            return Need::Nothing;
        }
    }
    // Who took it need not be the one who gives it back, if its method went to others.
    let is_open = resource.kind.is_lock() && deps.enders(resource.id) == Some(&Enders::NotKnown);
    if connected && is_open {
        return Need::Nothing;
    }
    if connected {
        let spare = match (resource.limit, resource.used) {
            (Some(limit), Some(used)) => limit > used,
            _ => false,
        };
        // Permits that nobody is proved to hold may come back on their own.
        let unproved =
            resource.kind == ResourceKind::Semaphore && !facts.is_explored(resource.id) && {
                let held = deps.needs(resource.id).count() as i64;
                resource.limit.is_some_and(|limit| held < limit)
            };
        return match (resource.kind.has_capacity() && spare) || unproved {
            true => Need::Nothing,
            false => Need::Any,
        };
    }
    match deps.enders(resource.id) {
        Some(Enders::These(_)) => Need::Never,
        Some(Enders::NotKnown) => Need::Nothing,
        // The memory does not say who took a lock, and the source of a library was not read.
        None if resource.kind.may_hide_holder() => Need::Nothing,
        None if facts.is_explored(resource.id) => Need::Never,
        None => Need::Nothing,
    }
}

/// Whether a loop that turns has the coroutine.
fn runs(facts: &Facts<'_>, coroutine: &Coroutine) -> bool {
    let event_loop = coroutine.event_loop.and_then(|id| facts.event_loop(id));
    event_loop.is_some_and(turns)
}

/// A loop can call back when nothing keeps its thread.
fn of_loop(event_loop: &EventLoop, connected: bool) -> Need {
    match (turns(event_loop), connected) {
        (false, _) => Need::Never,
        (true, true) => Need::All,
        (true, false) => Need::Nothing,
    }
}
