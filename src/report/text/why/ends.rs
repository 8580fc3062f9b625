//! What is known of those at whom the way to the cause ends.

use super::{Words, call, child_name};
use crate::model::{
    ChildProcess, Coroutine, Frame, Reference, Resource, Task, TaskState, Thread, ThreadState,
};
use crate::plain_text;
use crate::report::describe;
use crate::report::index::short;
use crate::report::text::layout::{Para, Role};
use crate::report::text::{chain, threads, wait};
use crate::report::wait_path::Way;

/// Diagnoses that say: nobody is left who could end the wait.
const NOBODY: [&str; 5] = [
    "orphan-wait",
    "never-awaited",
    "dead-consumers",
    "leaked-lock",
    "leaked-permits",
];

impl Words<'_, '_> {
    /// What is known of those at which the way ends.
    pub(super) fn end(&self, way: &Way) -> Option<Para> {
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
            TaskState::Waiting => {
                format!("{name} waits for {}", wait::reason(&task.id, self.index))
            }
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
            Some(wait) if thread.state != ThreadState::Running && threads::names_more(wait) => {
                let reason = wait::reason(&thread.id, self.index);
                format!("{name} waits for {reason}, {}", at(&thread.frames))
            }
            _ => does(&name, thread),
        }
    }

    /// Why nobody gives what is waited for, or who would have.
    fn resource(&self, resource: &Resource) -> Option<String> {
        if resource.kind == "socket" {
            return Some(self.other_side(resource));
        }
        let refer = self.index.references_to(&resource.id);
        if let Some(pending) = self.pending(refer) {
            return Some(pending);
        }
        let nobody = NOBODY.contains(&self.diagnosis.kind.as_str())
            && self.diagnosis.confidence != "possible"
            && (self.diagnosis.how.as_deref() != Some("lost-wakeup")
                || resource.kind.ends_with("condition"));
        let who = self.would_have(refer);
        let ends = self.what_ends(resource);
        match (nobody, who) {
            (true, Some(who)) => Some(format!("nobody alive can {ends}: {who}")),
            (true, None) if !refer.is_empty() => Some(format!(
                "nobody alive can {ends}: all who refer to it wait themselves"
            )),
            (true, None) => Some(format!("nobody alive can {ends}")),
            (false, Some(who)) => Some(format!("who could {ends}: {who}")),
            (false, None) => describe::is_opaque(resource).then(|| self.said(resource))?,
        }
    }

    /// What a wait says about a thing that is known by name only.
    fn said(&self, resource: &Resource) -> Option<String> {
        let wait = self.index.wait(resource.waiters.first()?)?;
        (!wait.summary.is_empty()).then(|| plain_text::clean(&wait.summary).into_owned())
    }

    /// A timer, or a callback in a ready queue, that refers to it.
    fn pending(&self, refer: &[&Reference]) -> Option<String> {
        let of_loop = |reference: &&&Reference| self.index.loop_place(&reference.from).is_some();
        let reference = refer.iter().find(of_loop)?;
        let event_loop = self.index.label(&reference.from);
        Some(match reference.due_s {
            Some(due) => format!(
                "a timer of {event_loop} refers to it, due {}",
                wait::due(due)
            ),
            None => format!("a callback of {event_loop} that has not run yet refers to it"),
        })
    }

    /// Those who failed, or never began, and knew it.
    fn would_have(&self, refer: &[&Reference]) -> Option<String> {
        let tasks = refer.iter().filter_map(|one| self.index.task(&one.from));
        let failed: Vec<&str> = tasks
            .filter(|task| task.state == TaskState::Done && task.exception.is_some())
            .map(|task| task.id.as_str())
            .collect();
        if let Some(first) = failed.first() {
            return Some(self.failed(first, &failed));
        }
        let mut coroutines = (refer.iter()).filter_map(|one| self.index.coroutine(&one.from));
        let unstarted =
            coroutines.find(|one| one.state == "created" && one.event_loop.is_none())?;
        Some(self.coroutine(unstarted))
    }

    fn other_side(&self, socket: &Resource) -> String {
        let mut waiters = (socket.waiters.iter()).filter_map(|id| self.index.task(id));
        let guarded = waiters.any(|task| !task.guards.is_empty());
        let rest = if guarded {
            ", or a timeout"
        } else {
            "; no timeout guards it"
        };
        format!("only the other side can end it{rest}")
    }

    /// What somebody would have to do with it.
    fn what_ends(&self, resource: &Resource) -> &'static str {
        let wait = (resource.waiters.first().and_then(|id| self.index.wait(id)))
            .map_or("", |wait| wait.kind.as_str());
        match (resource.kind.as_str(), wait) {
            ("event" | "thread-event", _) => "set it",
            ("condition" | "thread-condition", _) => "notify it",
            (_, "queue-get") => "put into it",
            (_, "queue-put" | "queue-join") => "take from it",
            ("lock" | "thread-lock" | "semaphore" | "thread-semaphore" | "pool" | "limiter", _) => {
                "give it back"
            }
            ("barrier" | "thread-barrier", _) => "come to it",
            _ => "end it",
        }
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

/// `at load (config.py:13)`, the program's own innermost line.
pub(super) fn at(frames: &[Frame]) -> String {
    let own = frames.iter().find(|frame| !frame.library);
    match own.or(frames.first()) {
        Some(frame) => format!(
            "at {} ({})",
            short(chain::brief(chain::function(frame))),
            chain::place(frame)
        ),
        None => String::new(),
    }
}
