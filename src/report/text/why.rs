//! The cause in a few lines: who waits for whom, up to where that closes or ends.

mod ends;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::layout::{Para, Role};
use super::{chain, grouped_digits, wait};
use crate::model::{ChildProcess, Diagnosis, Process, Resource, TaskState};
use crate::report::index::short;
use crate::report::wait_path;
use crate::report::wait_path::Step;
use crate::report::{Index, describe};

/// Up to so many names are all said; of more only the first few.
const ALL_NAMES: usize = 3;
const SHOWN_NAMES: usize = 2;
/// Sorts of waits that are listed behind somebody who waits for nobody.
const BEHIND: usize = 2;
/// The lines that explain the diagnosis; none where nothing leads anywhere.
pub fn lines(process: &Process, index: &Index, diagnosis: &Diagnosis) -> Vec<Para> {
    let way = wait_path::of(diagnosis, index);
    let words = Words {
        process,
        index,
        diagnosis,
    };
    if diagnosis.kind == "livelock" {
        return words.livelock(&way.start);
    }
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
        let who = self.names(&step.from) + &self.workers(&step.from);
        let mut para = Para::words(Role::Name, &who);
        para.say(Role::Dim, &format!("--{}-->", self.via(step)));
        para.say(Role::Plain, &self.things(&step.to));
        if !step.held_by.is_empty() {
            para.glue(Role::Plain, ",");
            let pool = self
                .index
                .resource(step.to.first().copied().unwrap_or_default());
            let works = pool.is_some_and(|pool| pool.kind == "process-pool");
            para.say(Role::Dim, if works { "worked on by" } else { "held by" });
            para.say(Role::Name, &self.holders(step));
        }
        if step.cycle {
            para.say(Role::Bad, "[cycle]");
        }
        para
    }

    /// They wait for nobody, so there is no way to follow.
    fn livelock(&self, ids: &[&str]) -> Vec<Para> {
        let tasks = ids.iter().filter_map(|id| self.index.task(id));
        let mut lines: Vec<Para> = tasks
            .take(BEHIND)
            .map(|task| {
                let place = ends::at(&task.frames);
                let text = format!("{} goes round and round {place}", self.names(&[&task.id]));
                Para::words(Role::Plain, &text)
            })
            .collect();
        lines.extend(self.affected());
        lines
            .into_iter()
            .map(|line| line.indented(2).hanging(4))
            .collect()
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
            | "thread-lock" | "file-lock" | "server" | "server-close" | "as_completed" => {
                "waits for"
            }
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
        // How many there are of each, and the first of them.
        let mut alike: FxHashMap<&str, (usize, &str)> = FxHashMap::default();
        for id in ids {
            match self.index.task(id) {
                Some(task) if task.name_is_default || task.name.is_empty() => {
                    alike.entry(&task.coroutine).or_insert((0, id)).0 += 1;
                }
                _ => plain.push(self.name(id)),
            }
        }
        let mut by_call: BTreeMap<String, (usize, &str)> = BTreeMap::new();
        for (coroutine, (count, first)) in alike {
            by_call.entry(call(coroutine)).or_insert((0, first)).0 += count;
        }
        let mut names = some(plain);
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
            .map(|resource| describe::titled(resource))
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

    /// Who waits for those that wait for nobody: what they hold up.
    fn behind(&self, ids: &[&str]) -> Vec<Para> {
        let mut by_via: Vec<Step> = Vec::new();
        for edge in self.process.edges.iter() {
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

fn some(mut names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(SHOWN_NAMES);
    if names.len() > ALL_NAMES {
        names.truncate(SHOWN_NAMES);
        if let Some(last) = names.last_mut() {
            last.push_str(&format!(" and {} more", grouped_digits(more)));
        }
    }
    names
}
