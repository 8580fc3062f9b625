//! The cause in a few lines: who waits for whom, up to where that closes or ends.

use std::collections::BTreeMap;

use super::layout::{Para, Role};
use super::{chain, grouped_digits, verdict, wait};
use crate::report::index::short;
use crate::report::way::{self, Step, Way};
use crate::report::{Index, things};
use crate::snapshot::{
    ChildProcess, Coroutine, Diagnosis, Process, Resource, Task, TaskState, Thread, ThreadState,
};

/// Of more names than this only the first two are said.
const ALL_NAMES: usize = 3;
/// Sorts of waits that are listed behind somebody who waits for nobody.
const BEHIND: usize = 2;
/// Diagnoses that say: nobody is left who could end the wait.
const NOBODY: [&str; 5] = [
    "orphan-wait",
    "never-awaited",
    "dead-consumers",
    "leaked-lock",
    "leaked-permits",
];

/// The lines that explain the diagnosis; none where nothing leads anywhere.
pub fn lines(process: &Process, index: &Index, diagnosis: &Diagnosis) -> Vec<Para> {
    let way = way::of(diagnosis, index);
    let words = Words {
        process,
        index,
        diagnosis,
    };
    let mut lines: Vec<Para> = way.steps.iter().map(|step| words.step(step)).collect();
    lines.extend(words.end(&way));
    if way.steps.is_empty() {
        lines.extend(words.behind(&way.start));
    }
    if !way.likewise.is_empty() {
        let text = format!("likewise: {}", words.names(&way.likewise));
        lines.push(Para::words(Role::Dim, &text));
    }
    lines.extend(words.affected());
    lines
        .into_iter()
        .map(|line| line.indented(2).hanging(4))
        .collect()
}

struct Words<'i, 'a> {
    process: &'a Process,
    index: &'i Index<'a>,
    diagnosis: &'a Diagnosis,
}

impl Words<'_, '_> {
    fn step(&self, step: &Step) -> Para {
        let mut para = Para::words(Role::Name, &self.names(&step.from));
        para.say(Role::Dim, &format!("--{}-->", self.via(step)));
        para.say(Role::Plain, &self.things(&step.to));
        if !step.held_by.is_empty() {
            para.glue(Role::Plain, ",");
            para.say(Role::Dim, "held by");
            para.say(Role::Name, &self.holders(step));
        }
        if step.cycle {
            para.say(Role::Bad, "[cycle]");
        }
        para
    }

    /// How people call what the edge goes through.
    fn via(&self, step: &Step) -> String {
        let from = step.from.first().copied().unwrap_or_default();
        let to = step.to.first().copied().unwrap_or_default();
        let blocking = self.index.thread(from).is_some()
            || (self.index.task(from)).is_some_and(|task| task.state == TaskState::Running);
        let wait = self.index.wait(from).map_or("", |wait| wait.kind.as_str());
        let words = match step.via {
            "task-group" => "TaskGroup",
            "future" if blocking => "Future.result()",
            "future" => "await",
            "join" | "thread" => "join()",
            "executor" if self.index.resource(to).is_some() => "job queued in",
            "executor" => "job of",
            "busy-worker" => "no free worker until",
            "holds" => "held by",
            "event-loop" => "needs the loop, blocked by",
            "subprocess" | "process" => "exit of",
            "pipe-full" => "writes into the full pipe read by",
            "pipe" if self.index.child(from).is_some() => "blocked on the pipe of",
            "async-generator" => "goes on after",
            "lock" | "semaphore" | "event" | "condition" | "barrier" | "pool" | "limiter"
            | "thread-lock" | "file-lock" => "waits for",
            "queue" | "memory-stream" | "socket" | "pipe" | "queue-get" | "queue-put"
            | "queue-join" | "socket-read" | "socket-write" | "pipe-read" | "pipe-write" => {
                match wait {
                    "queue-get" => "get()",
                    "queue-put" => "put()",
                    "queue-join" => "join()",
                    "socket-read" | "pipe-read" => "reads from",
                    "socket-write" | "pipe-write" => "writes to",
                    "accept" => "accepts on",
                    _ => "waits for",
                }
            }
            other => return short(other),
        };
        words.to_owned()
    }

    /// Names; tasks of one coroutine that have no name of their own as one.
    fn names(&self, ids: &[&str]) -> String {
        let mut plain = Vec::new();
        let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for id in ids {
            match self.index.task(id) {
                Some(task) if task.name_is_default => {
                    let own = alike.entry(call(&task.coroutine)).or_default();
                    own.push(self.index.label(id));
                }
                _ => plain.push(self.name(id)),
            }
        }
        let workers = self.workers(ids);
        let mut names = some(plain);
        names.extend(alike.into_iter().map(|(call, own)| match own.as_slice() {
            [only] => format!("{only} {call}"),
            more => format!("{call} x{}", grouped_digits(more.len())),
        }));
        names.join(", ") + &workers
    }

    fn name(&self, id: &str) -> String {
        match (self.index.thread(id), self.index.child(id)) {
            (Some(thread), _) => short(&thread.name),
            (None, Some(child)) => child_name(child),
            (None, None) => self.index.label(id),
        }
    }

    /// ` (all 2 workers)` where these are all threads of a pool.
    fn workers(&self, ids: &[&str]) -> String {
        if ids.len() < 2 || ids.iter().any(|id| self.index.thread(id).is_none()) {
            return String::new();
        }
        let mut pools = (self.diagnosis.resources.iter()).filter_map(|id| self.index.resource(id));
        let limit = i64::try_from(ids.len()).ok();
        let all = pools.any(|pool| {
            pool.kind == "executor"
                && pool.limit == limit
                && ids
                    .iter()
                    .all(|id| pool.holders.iter().any(|worker| worker == id))
        });
        match all {
            true => format!(" (all {} workers)", ids.len()),
            false => String::new(),
        }
    }

    /// What is waited for, with its state.
    fn things(&self, ids: &[&str]) -> String {
        let resources: Vec<&Resource> = (ids.iter())
            .filter_map(|id| self.index.resource(id))
            .collect();
        if resources.len() < ids.len() {
            return self.names(ids);
        }
        let mut titles: Vec<String> = resources
            .iter()
            .map(|resource| things::titled(resource))
            .collect();
        let total = titles.len();
        titles.dedup();
        match titles.as_slice() {
            [same] if total > 1 => format!("{same} x{total}"),
            _ => some(titles).join(", "),
        }
    }

    /// The holders and, of one, where it took it.
    fn holders(&self, step: &Step) -> String {
        let names = self.names(&step.held_by);
        let taken = match (step.held_by.as_slice(), step.to.as_slice()) {
            ([by], [resource]) => {
                (self.index.resource(resource)).and_then(|resource| wait::taken(resource, by))
            }
            _ => None,
        };
        match taken {
            Some(at) => format!("{names} ({at})"),
            None => names,
        }
    }

    /// What is known of those at which the way ends.
    fn end(&self, way: &Way) -> Option<Para> {
        let (&id, others) = way.end.split_first()?;
        let mut text = if let Some(task) = self.index.task(id) {
            self.task(task)
        } else if let Some(thread) = self.index.thread(id) {
            self.thread(thread)
        } else if let Some(resource) = self.index.resource(id) {
            self.resource(resource)?
        } else if let Some(coroutine) = self.index.coroutine(id) {
            self.coroutine(coroutine)
        } else {
            child(self.index.child(id)?)
        };
        if !others.is_empty() && self.index.resource(id).is_none() {
            text.push_str(&format!("; likewise {}", self.names(others)));
        }
        Some(Para::words(Role::Plain, &text))
    }

    fn task(&self, task: &Task) -> String {
        let name = self.names(&[&task.id]);
        match task.state {
            TaskState::Running => {
                let thread = task.thread.as_deref().and_then(|id| self.index.thread(id));
                let thread = thread.filter(|thread| thread.task.as_deref() == Some(&task.id));
                thread.map_or_else(|| format!("{name} runs"), |thread| does(&name, thread))
            }
            TaskState::Waiting => format!("{name} waits for {}", wait::reason(&task.id, self.index)),
            TaskState::Ready => format!("{name} is ready to go on"),
            TaskState::Done => match &task.exception {
                Some(raised) => {
                    let error = short(&raised.type_name);
                    format!("{name} has failed with {error} and will not give it back")
                }
                None => format!("{name} has ended and will not give it back"),
            },
        }
    }

    fn thread(&self, thread: &Thread) -> String {
        let name = format!("thread {}", short(&thread.name));
        match &thread.waits_for {
            Some(_) if thread.state != ThreadState::Running => {
                let reason = wait::reason(&thread.id, self.index);
                format!("{name} waits for {reason}, {}", at(&thread.frames))
            }
            _ => does(&name, thread),
        }
    }

    /// Why nobody gives what is waited for, or who would have.
    fn resource(&self, resource: &Resource) -> Option<String> {
        let kind = resource.kind.as_str();
        if kind == "socket" {
            let guarded = (resource.waiters.iter().filter_map(|id| self.index.task(id)))
                .any(|task| !task.guards.is_empty());
            return Some(match guarded {
                true => "only the other side can end it, or a timeout".to_owned(),
                false => "only the other side can end it; no timeout guards it".to_owned(),
            });
        }
        let refer = self.index.references_to(&resource.id);
        let failed: Vec<&str> = (refer.iter())
            .filter(|id| {
                (self.index.task(id)).is_some_and(|task| {
                    task.state == TaskState::Done && task.exception.is_some()
                })
            })
            .copied()
            .collect();
        let unstarted = (refer.iter().filter_map(|id| self.index.coroutine(id)))
            .find(|coroutine| coroutine.state == "created" && coroutine.event_loop.is_none());
        let nobody = NOBODY.contains(&self.diagnosis.kind.as_str())
            && self.diagnosis.confidence != "possible";
        let why = match (failed.first(), unstarted) {
            (Some(first), _) => self.failed(first, &failed),
            (None, Some(coroutine)) => self.coroutine(coroutine),
            (None, None) if nobody && !refer.is_empty() => {
                "all who refer to it wait themselves".to_owned()
            }
            (None, None) if nobody => String::new(),
            (None, None) => return None,
        };
        let wait = (resource.waiters.first().and_then(|id| self.index.wait(id)))
            .map_or("", |wait| wait.kind.as_str());
        let ends = match (kind, wait) {
            ("event" | "thread-event", _) => "set it",
            ("condition" | "thread-condition", _) => "notify it",
            (_, "queue-get") => "put into it",
            (_, "queue-put" | "queue-join") => "take from it",
            ("lock" | "thread-lock" | "semaphore" | "thread-semaphore" | "pool" | "limiter", _) => {
                "give it back"
            }
            ("barrier" | "thread-barrier", _) => "come to it",
            _ => "end it",
        };
        Some(match (nobody, why.is_empty()) {
            (true, true) => format!("nobody alive can {ends}"),
            (true, false) => format!("nobody alive can {ends}: {why}"),
            (false, _) => format!("known to: {why}"),
        })
    }

    fn failed(&self, first: &str, all: &[&str]) -> String {
        let raised = (self.index.task(first)).and_then(|task| task.exception.as_ref());
        let error = raised.map_or_else(|| "an error".to_owned(), |raised| short(&raised.type_name));
        let place = raised.map_or_else(String::new, |raised| at(&raised.frames));
        format!("{} failed with {error} {place}", self.names(all))
    }

    fn coroutine(&self, coroutine: &Coroutine) -> String {
        let name = call(&coroutine.qualname);
        let kept = (coroutine.referenced_by.as_deref())
            .map_or_else(String::new, |by| format!(" (kept in {})", short(by)));
        let place = at(&coroutine.frames);
        match coroutine.state.as_str() {
            "created" => format!("{name} was never started{kept}"),
            "async-generator" => {
                format!("async generator {name} is suspended {place}; no task iterates it{kept}")
            }
            _ => format!("{name} is suspended {place}; no task runs it{kept}"),
        }
    }

    /// Who waits for those that wait for nobody: what they hold up.
    fn behind(&self, ids: &[&str]) -> Vec<Para> {
        let mut by_via: Vec<Step> = Vec::new();
        for edge in &self.process.edges {
            if !ids.contains(&edge.to.as_str()) || self.index.thread(&edge.from).is_some() {
                continue;
            }
            match by_via.iter_mut().find(|step| step.via == edge.via) {
                Some(step) => step.from.push(&edge.from),
                None => by_via.push(Step {
                    from: vec![&edge.from],
                    via: &edge.via,
                    to: ids.to_vec(),
                    ..Step::default()
                }),
            }
        }
        by_via.sort_by_key(|step| std::cmp::Reverse(step.from.len()));
        by_via
            .iter()
            .take(BEHIND)
            .map(|step| self.step(step))
            .collect()
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

/// What a thread does that waits for nobody.
fn does(name: &str, thread: &Thread) -> String {
    let place = at(&thread.frames);
    match (thread.state, &thread.syscall) {
        (ThreadState::Running, _) => format!("{name} computes {place}"),
        (_, Some(syscall)) => format!("{name} is in {} {place}", short(syscall)),
        _ => format!("{name} is {place}"),
    }
}

fn child(child: &ChildProcess) -> String {
    let name = child_name(child);
    let fd = (child.fd).map_or_else(String::new, |fd| format!(" on fd {fd}"));
    match (child.state.as_str(), &child.syscall) {
        ("Z", _) => format!("{name} has ended and was not waited for"),
        ("T" | "t", _) => format!("{name} is stopped by a signal"),
        ("R", _) => format!("{name} computes"),
        (_, Some(syscall)) => format!("{name} is blocked in {}{fd}", short(syscall)),
        (_, None) => format!("{name} sleeps"),
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

/// `at load (config.py:13)`, the program's own innermost line.
fn at(frames: &[crate::snapshot::Frame]) -> String {
    let own = frames.iter().find(|frame| !frame.library);
    match own.or(frames.first()) {
        Some(frame) => format!(
            "at {} ({})",
            short(chain::brief(chain::function(frame))),
            verdict::place(frame)
        ),
        None => String::new(),
    }
}

/// `resolve()`
fn call(qualname: &str) -> String {
    format!("{}()", short(chain::brief(qualname)))
}

fn some(mut names: Vec<String>) -> Vec<String> {
    if names.len() > ALL_NAMES {
        let more = names.len() - 2;
        names.truncate(1);
        names.push(format!("… and {} more", grouped_digits(more + 1)));
    }
    names
}
