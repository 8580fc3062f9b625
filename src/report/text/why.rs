//! The cause in a few lines: who waits for whom, up to where the path of waits
//! closes to a cycle or ends.

mod ends;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::layout::{Para, Role};
use super::{chain, grouped_digits, wait};
use crate::model::{
    ChildProcess, Diagnosis, DiagnosisKind, EdgeKind, ItemId, Process, Resource, ResourceKind,
    TaskState, WaitKind,
};
use crate::report::index::short;
use crate::report::wait_path::{self, Step, Via};
use crate::report::{Index, describe};

/// Names that are all listed; of a longer list only the first few are.
const MAX_NAMES: usize = 3;
const FIRST_NAMES: usize = 2;
/// Maximum number of kinds of waits listed for the tasks behind a task that
/// itself waits for nothing.
const MAX_BEHIND: usize = 2;

/// The lines that explain the finding; none where no wait leads anywhere.
pub(super) fn lines(process: &Process, index: &Index, diagnosis: &Diagnosis) -> Vec<Para> {
    let path = wait_path::of(diagnosis, index);
    let cause = Cause {
        process,
        index,
        diagnosis,
    };
    let mut lines: Vec<Para> = Vec::new();
    if diagnosis.kind == DiagnosisKind::Livelock {
        lines.extend(cause.livelock(&path.start));
    } else {
        lines.extend(path.steps.iter().map(|step| cause.step(step)));
        lines.extend(cause.end(&path));
        if path.steps.is_empty() {
            lines.extend(cause.behind(&path.start));
        }
        if !path.likewise.is_empty() {
            let text = format!("likewise: {}", cause.names(&path.likewise));
            lines.push(Para::words(Role::Dim, &text));
        }
    }
    lines.extend(cause.kept_waiting(&path.steps));
    lines.extend(cause.affected());
    lines
        .into_iter()
        .map(|line| line.indented(2).hanging(4))
        .collect()
}

/// A finding, and what its lines are made from.
struct Cause<'i, 'a> {
    process: &'a Process,
    index: &'i Index<'a>,
    diagnosis: &'a Diagnosis,
}

impl Cause<'_, '_> {
    fn step(&self, step: &Step) -> Para {
        let who = self.names(&step.from) + &self.workers(&step.from);
        let mut para = Para::words(Role::Name, &who);
        para.say(Role::Dim, &format!("--{}-->", self.via(step)));
        para.say(Role::Plain, &self.targets(&step.to));
        if !step.held_by.is_empty() {
            para.glue(Role::Plain, ",");
            let target = step.to.first().and_then(|id| self.index.resource(*id));
            let is_pool = target.is_some_and(|pool| pool.kind == ResourceKind::ProcessPool);
            para.say(Role::Dim, if is_pool { "worked on by" } else { "held by" });
            para.say(Role::Name, &self.holders(step));
        }
        if step.cycle {
            para.say(Role::Bad, "[cycle]");
        }
        para
    }

    /// The tasks of a livelock wait for nobody, so that there is no path.
    fn livelock(&self, ids: &[ItemId]) -> Vec<Para> {
        let tasks = ids.iter().filter_map(|id| self.index.task(*id));
        let lines = tasks.take(MAX_BEHIND).map(|task| {
            let name = self.names(&[task.id]);
            let text = format!("{name} repeats the same steps {}", ends::at(&task.frames));
            Para::words(Role::Plain, &text)
        });
        lines.collect()
    }

    /// What the first one of the step does with the first target.
    fn via(&self, step: &Step) -> &'static str {
        match step.via {
            Via::Edge(kind) => self.via_edge(step, kind),
            Via::Wait(kind) => via_wait(kind),
        }
    }

    fn via_edge(&self, step: &Step, kind: EdgeKind) -> &'static str {
        let first = |ids: &[ItemId]| ids.first().copied();
        let (from, to) = (first(&step.from), first(&step.to));
        match kind {
            EdgeKind::TaskGroup => "TaskGroup",
            EdgeKind::Future if from.is_some_and(|id| self.blocks_thread(id)) => "Future.result()",
            EdgeKind::Future => "await",
            EdgeKind::Join => "join()",
            EdgeKind::Executor => match to.and_then(|id| self.index.resource(id)) {
                Some(_) => "job queued in",
                None => "job of",
            },
            EdgeKind::BusyWorker => "no free worker until",
            EdgeKind::Holds => "held by",
            EdgeKind::EventLoop => "needs the loop, blocked by",
            EdgeKind::Subprocess => "exit of",
            EdgeKind::PipeFull => "writes into the full pipe read by",
            EdgeKind::Pipe if from.is_some_and(|id| self.index.child(id).is_some()) => {
                "blocked on the pipe of"
            }
            EdgeKind::Queue
            | EdgeKind::MemoryStream
            | EdgeKind::Socket
            | EdgeKind::Pipe
            | EdgeKind::SocketRead
            | EdgeKind::SocketWrite => {
                let wait = from.and_then(|id| self.index.wait(id));
                wait.map_or("waits for", |wait| transfer(wait.kind))
            }
            EdgeKind::Lock
            | EdgeKind::Semaphore
            | EdgeKind::Event
            | EdgeKind::Condition
            | EdgeKind::Barrier
            | EdgeKind::Pool
            | EdgeKind::Limiter
            | EdgeKind::ThreadLock
            | EdgeKind::Server
            | EdgeKind::ServerClose
            | EdgeKind::AsCompleted => "waits for",
            EdgeKind::Await
            | EdgeKind::Gather
            | EdgeKind::Wait
            | EdgeKind::WaitFor
            | EdgeKind::Shield
            | EdgeKind::ConcurrentFuture
            | EdgeKind::ProcessPool
            | EdgeKind::Stream
            | EdgeKind::File
            | EdgeKind::SocketClose => kind.as_str(),
        }
    }

    /// Whether it blocks its thread while it waits.
    fn blocks_thread(&self, id: ItemId) -> bool {
        self.index.thread(id).is_some()
            || (self.index.task(id)).is_some_and(|task| task.state == TaskState::Running)
    }

    /// Names; tasks of one coroutine that have no name of their own as one.
    fn names(&self, ids: &[ItemId]) -> String {
        let mut plain = Vec::new();
        // How many tasks each coroutine has, and the first of them.
        let mut unnamed: FxHashMap<&str, (usize, ItemId)> = FxHashMap::default();
        for &id in ids {
            match self.index.task(id) {
                Some(task) if task.name_is_default || task.name.is_empty() => {
                    unnamed.entry(&task.coroutine).or_insert((0, id)).0 += 1;
                }
                _ => plain.push(self.name(id)),
            }
        }
        let mut by_call: BTreeMap<String, (usize, ItemId)> = BTreeMap::new();
        for (coroutine, (count, first)) in unnamed {
            by_call.entry(call(coroutine)).or_insert((0, first)).0 += count;
        }
        let mut names = first_few(plain);
        names.extend(by_call.into_iter().map(|(call, (count, first))| {
            if count > 1 {
                return format!("{call} x{}", grouped_digits(count));
            }
            let only = self.index.label(first);
            match only.contains('@') {
                true => only,
                false => format!("{only} {call}"),
            }
        }));
        names.join(", ")
    }

    fn name(&self, id: ItemId) -> String {
        match (self.index.thread(id), self.index.child(id)) {
            (Some(thread), _) => short(&thread.name),
            (None, Some(child)) => child_name(child),
            (None, None) => self.index.label(id),
        }
    }

    /// ` (all 2 workers)` where these are all threads of a pool.
    fn workers(&self, ids: &[ItemId]) -> String {
        if ids.len() < 2 || ids.iter().any(|id| self.index.thread(*id).is_none()) {
            return String::new();
        }
        let mut pools = (self.diagnosis.resources.iter()).filter_map(|id| self.index.resource(*id));
        let limit = i64::try_from(ids.len()).ok();
        let all = pools.any(|pool| {
            pool.kind == ResourceKind::Executor
                && pool.limit == limit
                && ids.iter().all(|id| pool.holders.contains(id))
        });
        match all {
            true => format!(" (all {} workers)", ids.len()),
            false => String::new(),
        }
    }

    /// What is waited for; resources with their state.
    fn targets(&self, ids: &[ItemId]) -> String {
        let resources: Vec<&Resource> = (ids.iter())
            .filter_map(|id| self.index.resource(*id))
            .collect();
        if resources.len() < ids.len() {
            return self.names(ids);
        }
        let mut titles: Vec<String> = resources
            .iter()
            .map(|resource| describe::title_and_state(resource))
            .collect();
        let total = titles.len();
        titles.dedup();
        match titles.as_slice() {
            [same] if total > 1 => format!("{same} x{total}"),
            _ => first_few(titles).join(", "),
        }
    }

    /// The holders; of a single one, where it took the resource.
    fn holders(&self, step: &Step) -> String {
        let names = self.names(&step.held_by);
        let taken = match (step.held_by.as_slice(), step.to.as_slice()) {
            ([by], [resource]) => {
                (self.index.resource(*resource)).and_then(|resource| wait::taken(resource, *by))
            }
            _ => None,
        };
        match taken {
            Some(at) => format!("{names} ({at})"),
            None => names,
        }
    }

    /// The tasks behind these, which wait for nothing themselves.
    fn behind(&self, ids: &[ItemId]) -> Vec<Para> {
        let mut by_via: Vec<Step> = Vec::new();
        for edge in self.process.edges.iter() {
            if !ids.contains(&edge.to) || self.index.thread(edge.from).is_some() {
                continue;
            }
            let via = Via::Edge(edge.via);
            match by_via.iter_mut().find(|step| step.via == via) {
                Some(step) => step.from.push(edge.from),
                None => by_via.push(Step {
                    from: vec![edge.from],
                    via,
                    to: ids.to_vec(),
                    held_by: Vec::new(),
                    cycle: false,
                }),
            }
        }
        by_via.sort_by_key(|step| std::cmp::Reverse(step.from.len()));
        let lines = by_via.iter().take(MAX_BEHIND);
        lines.map(|step| self.step(step)).collect()
    }

    /// Who waits for what the tasks and threads of the finding hold, where the steps do not
    /// say it.
    fn kept_waiting(&self, steps: &[Step]) -> Vec<Para> {
        let found = self.diagnosis.tasks.iter().chain(&self.diagnosis.threads);
        let found: Vec<ItemId> = found.copied().collect();
        let shown = |id: &ItemId| {
            self.diagnosis.resources.contains(id) || steps.iter().any(|step| step.to.contains(id))
        };
        let held = self.process.resources.iter().filter(|resource| {
            let mut holders = resource.holders.iter();
            holders.any(|id| found.contains(id)) && !shown(&resource.id)
        });
        let mut kept: Vec<Step> = held
            .filter_map(|resource| {
                let waiters = resource.waiters.iter().copied();
                let from: Vec<ItemId> = waiters.filter(|id| !found.contains(id)).collect();
                let kind = self.index.wait(*from.first()?)?.kind;
                Some(Step {
                    from,
                    via: kind.into(),
                    to: vec![resource.id],
                    held_by: Vec::new(),
                    cycle: false,
                })
            })
            .collect();
        kept.sort_by_key(|step| std::cmp::Reverse(step.from.len()));
        let lines = kept.iter().take(MAX_BEHIND);
        lines.map(|step| self.step(step)).collect()
    }

    fn affected(&self) -> Option<Para> {
        let affected = self.diagnosis.affected_tasks;
        let live = (self.process.tasks.iter())
            .filter(|task| task.state != TaskState::Done)
            .count();
        let verb = if affected == 1 { "waits" } else { "wait" };
        let noun = if live == 1 { "task" } else { "tasks" };
        let text = format!(
            "{} of {} {noun} {verb} behind this",
            grouped_digits(affected),
            grouped_digits(live)
        );
        (affected > 0).then(|| Para::words(Role::Plain, &text))
    }
}

/// What a wait does that has no edge of its own kind.
fn via_wait(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::QueueGet
        | WaitKind::QueuePut
        | WaitKind::QueueJoin
        | WaitKind::PipeRead
        | WaitKind::PipeWrite => transfer(kind),
        WaitKind::Process => "exit of",
        WaitKind::Thread => "join()",
        WaitKind::FileLock => "waits for",
        WaitKind::Task
        | WaitKind::Future
        | WaitKind::Gather
        | WaitKind::Wait
        | WaitKind::WaitFor
        | WaitKind::Shield
        | WaitKind::TaskGroup
        | WaitKind::AsCompleted
        | WaitKind::Timer
        | WaitKind::Lock
        | WaitKind::Semaphore
        | WaitKind::Event
        | WaitKind::Condition
        | WaitKind::Barrier
        | WaitKind::SocketRead
        | WaitKind::SocketWrite
        | WaitKind::SocketClose
        | WaitKind::Accept
        | WaitKind::Connect
        | WaitKind::PipeClose
        | WaitKind::FileRead
        | WaitKind::FileWrite
        | WaitKind::Server
        | WaitKind::ServerClose
        | WaitKind::Executor
        | WaitKind::Subprocess
        | WaitKind::ThreadLock
        | WaitKind::Sleep
        | WaitKind::Idle => kind.as_str(),
    }
}

/// The direction in which items or bytes go.
fn transfer(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::QueueGet => "get()",
        WaitKind::QueuePut => "put()",
        WaitKind::QueueJoin => "join()",
        WaitKind::SocketRead | WaitKind::PipeRead => "reads from",
        WaitKind::SocketWrite | WaitKind::PipeWrite => "writes to",
        WaitKind::Accept => "accepts on",
        _ => "waits for",
    }
}

fn child_name(child: &ChildProcess) -> String {
    let program = child.command.first().map_or("", String::as_str);
    let program = program.rsplit('/').next().unwrap_or(program);
    match program.is_empty() {
        true => format!("process {}", child.pid),
        false => format!("process {} ({})", child.pid, short(program)),
    }
}

/// `resolve()`
fn call(qualname: &str) -> String {
    format!("{}()", short(chain::brief(qualname)))
}

/// All of the names, or the first few and how many more there are.
fn first_few(mut names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(FIRST_NAMES);
    if names.len() > MAX_NAMES {
        names.truncate(FIRST_NAMES);
        if let Some(last) = names.last_mut() {
            last.push_str(&format!(" and {} more", grouped_digits(more)));
        }
    }
    names
}
