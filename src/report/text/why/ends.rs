//! What is known of the items at which the path of waits ends.

use super::{Cause, call, child_name};
use crate::model::describe::{due, tcp_path};
use crate::model::{
    ChildProcess, Confidence, Coroutine, CoroutineState, EnteredBlock, Frame, How, ItemId,
    OtherEnd, Reference, Resource, ResourceKind, Task, TaskState, Thread, ThreadState, WaitKind,
};
use crate::plain_text;
use crate::report::index::short;
use crate::report::text::layout::{Para, Role};
use crate::report::text::{chain, threads, wait};
use crate::report::wait_path::WaitPath;

impl Cause<'_, '_> {
    /// What is known of the items at which the path ends.
    pub(super) fn end(&self, path: &WaitPath) -> Option<Para> {
        let (&id, others) = path.end.split_first()?;
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
        let name = self.names(&[task.id]);
        match task.state {
            TaskState::Running => {
                let thread = task.thread.and_then(|id| self.index.thread(id));
                let thread = thread.filter(|thread| thread.task == Some(task.id));
                thread.map_or_else(|| format!("{name} runs"), |thread| activity(&name, thread))
            }
            TaskState::Waiting => {
                format!("{name} waits for {}", wait::reason(task.id, self.index))
            }
            TaskState::Ready => format!("{name} is ready to run"),
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
                let reason = wait::reason(thread.id, self.index);
                format!("{name} waits for {reason}, {}", at(&thread.frames))
            }
            _ => activity(&name, thread),
        }
    }

    /// Why nobody ends the wait for the resource, or who could.
    fn resource(&self, resource: &Resource) -> Option<String> {
        if resource.kind == ResourceKind::Socket {
            return Some(self.other_side(resource));
        }
        let refer = self.index.references_to(resource.id);
        if let Some(inside) = self.inside(resource, refer) {
            return Some(inside);
        }
        if let Some(pending) = self.pending(refer) {
            return Some(pending);
        }
        // A lost wake-up can still be repeated by whoever refers to the resource.
        let lost_wakeup = self.diagnosis.how == Some(How::LostWakeup);
        let nobody = self.diagnosis.kind.leaves_nobody()
            && self.diagnosis.confidence != Confidence::Possible
            && self.diagnosis.recovers_in_s.is_none()
            && (!lost_wakeup || resource.kind.is_condition());
        let who = self.lost_referrer(refer);
        let ends = self.what_ends(resource);
        match (nobody, who) {
            (true, Some(who)) => Some(format!("nobody alive can {ends}: {who}")),
            (true, None) if self.process.unshared.contains(&resource.id) => Some(format!(
                "nobody alive can {ends}: nothing else refers to it any more"
            )),
            (true, None) if !refer.is_empty() => Some(format!(
                "nobody alive can {ends}: all who refer to it wait themselves"
            )),
            (true, None) => Some(format!("nobody alive can {ends}")),
            (false, Some(who)) => Some(format!("who could {ends}: {who}")),
            (false, None) => (resource.kind.is_opaque()).then(|| self.summary(resource))?,
        }
    }

    /// What the first wait says about a resource that says nothing itself.
    fn summary(&self, resource: &Resource) -> Option<String> {
        let wait = self.index.wait(*resource.waiters.first()?)?;
        (!wait.summary.is_empty()).then(|| plain_text::clean(&wait.summary).into_owned())
    }

    /// Who is in a `with` block that leads to what a library waits for: of all, those whose
    /// manager is nearest to it. They need not be those that end the wait.
    fn inside(&self, resource: &Resource, refer: &[&Reference]) -> Option<String> {
        if self.diagnosis.how != Some(How::LibraryCall) {
            return None;
        }
        let waiters = [
            &resource.waiters,
            &self.diagnosis.tasks,
            &self.diagnosis.threads,
        ];
        let waits = |id: ItemId| waiters.iter().any(|ids| ids.contains(&id));
        let others = refer
            .iter()
            .filter_map(|reference| reference.entered.as_ref());
        let others: Vec<&EnteredBlock> = others.filter(|block| !waits(block.at.by)).collect();
        let nearest = others.iter().map(|block| block.steps).min()?;
        let blocks = || others.iter().filter(|block| block.steps == nearest);
        let first = blocks().next()?;
        let inside: Vec<ItemId> = blocks().map(|block| block.at.by).collect();
        Some(format!(
            "{} {} in a `with` block that leads to it ({}), entered in {}",
            self.names(&inside),
            if inside.len() == 1 { "is" } else { "are" },
            plain_text::clean(first.path.trim_start_matches('.')),
            wait::place(&first.at),
        ))
    }

    /// A timer, or a callback in a ready queue, that refers to it.
    fn pending(&self, refer: &[&Reference]) -> Option<String> {
        let (event_loop, reference) = refer.iter().find_map(|reference| {
            let id = reference.from.item()?;
            self.index.event_loop(id).map(|_| (id, reference))
        })?;
        let event_loop = self.index.label(event_loop);
        Some(match reference.due_s {
            Some(left) => format!("a timer of {event_loop} refers to it, due {}", due(left)),
            None => format!("a callback of {event_loop} that has not run yet refers to it"),
        })
    }

    /// The tasks that refer to it and failed, else a coroutine that refers to it
    /// and was never started.
    fn lost_referrer(&self, refer: &[&Reference]) -> Option<String> {
        let referrers = || refer.iter().filter_map(|one| one.from.item());
        let tasks = referrers().filter_map(|id| self.index.task(id));
        let failed: Vec<ItemId> = tasks
            .filter(|task| task.state == TaskState::Done && task.exception.is_some())
            .map(|task| task.id)
            .collect();
        if let Some(first) = failed.first() {
            return Some(self.failed(*first, &failed));
        }
        let mut coroutines = referrers().filter_map(|id| self.index.coroutine(id));
        let never_started = coroutines
            .find(|one| one.state == CoroutineState::Created && one.event_loop.is_none())?;
        Some(self.coroutine(never_started))
    }

    fn other_side(&self, socket: &Resource) -> String {
        let guarded = |id: &ItemId| {
            let task = self.index.task(*id);
            let limit = self.index.wait(*id).and_then(|wait| wait.remaining_s);
            limit.is_some() || task.is_some_and(|task| !task.guards.is_empty())
        };
        let rest = if socket.waiters.iter().any(guarded) {
            ", or a timeout"
        } else {
            "; no timeout guards it"
        };
        let own = socket.ends.as_ref().is_some_and(OtherEnd::is_own);
        if own {
            return format!("only this process itself can end it{rest}");
        }
        let wait = socket.waiters.first().and_then(|id| self.index.wait(*id));
        let writes = wait.is_some_and(|wait| wait.kind == WaitKind::SocketWrite);
        let path = socket.tcp.as_ref().and_then(|tcp| tcp_path(tcp, writes));
        let path = path.map_or_else(String::new, |path| format!("; {path}"));
        format!("only the other side can end it{rest}{path}")
    }

    /// What would end the wait for the resource.
    fn what_ends(&self, resource: &Resource) -> &'static str {
        let wait = resource.waiters.first().and_then(|id| self.index.wait(*id));
        match wait.map(|wait| wait.kind) {
            Some(WaitKind::QueueGet) => return "put into it",
            Some(WaitKind::QueuePut) => return "take from it",
            Some(WaitKind::QueueJoin) => return "say that its items are done",
            _ => {}
        }
        match resource.kind {
            ResourceKind::Event | ResourceKind::ThreadEvent | ResourceKind::ProcessEvent => {
                "set it"
            }
            ResourceKind::Condition
            | ResourceKind::ThreadCondition
            | ResourceKind::ProcessCondition => "notify it",
            ResourceKind::Lock
            | ResourceKind::ThreadLock
            | ResourceKind::Semaphore
            | ResourceKind::ThreadSemaphore
            | ResourceKind::ProcessLock
            | ResourceKind::ProcessSemaphore
            | ResourceKind::Pool
            | ResourceKind::Limiter => "give it back",
            ResourceKind::Barrier | ResourceKind::ThreadBarrier | ResourceKind::ProcessBarrier => {
                "come to it"
            }
            ResourceKind::JobResult => "give it",
            ResourceKind::Queue
            | ResourceKind::ThreadQueue
            | ResourceKind::ProcessQueue
            | ResourceKind::Future
            | ResourceKind::ConcurrentFuture
            | ResourceKind::Executor
            | ResourceKind::ProcessPool
            | ResourceKind::MemoryStream
            | ResourceKind::Stream
            | ResourceKind::Server
            | ResourceKind::Socket
            | ResourceKind::Pipe
            | ResourceKind::File => "end it",
        }
    }

    fn failed(&self, first: ItemId, all: &[ItemId]) -> String {
        let raised = (self.index.task(first)).and_then(|task| task.exception.as_ref());
        let error = raised.map_or_else(|| "an error".to_owned(), |raised| short(&raised.type_name));
        let line = raised.map_or_else(String::new, |raised| at(&raised.frames));
        format!("{} failed with {error} {line}", self.names(all))
    }

    fn coroutine(&self, coroutine: &Coroutine) -> String {
        let name = call(&coroutine.qualname);
        let kept = (coroutine.referenced_by.as_deref())
            .map_or_else(String::new, |by| format!(" (kept in {})", short(by)));
        let line = at(&coroutine.frames);
        match coroutine.state {
            CoroutineState::Created => format!("{name} was never started{kept}"),
            CoroutineState::AsyncGenerator => {
                format!("async generator {name} is suspended {line}; no task iterates it{kept}")
            }
            CoroutineState::Suspended => {
                format!("{name} is suspended {line}; no task runs it{kept}")
            }
        }
    }
}

/// What a thread does that waits for nobody.
fn activity(name: &str, thread: &Thread) -> String {
    let line = at(&thread.frames);
    match (thread.state, &thread.syscall) {
        (ThreadState::Running, _) => format!("{name} computes {line}"),
        (_, Some(syscall)) => format!("{name} is in {} {line}", short(syscall)),
        _ => format!("{name} is {line}"),
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

/// The innermost line of the program's own code: `at load (config.py:13)`.
pub(super) fn at(frames: &[Frame]) -> String {
    let own = frames.iter().find(|frame| !frame.library);
    match own.or(frames.first()) {
        Some(frame) => format!(
            "at {} ({})",
            short(chain::brief(chain::function(frame))),
            chain::location(frame)
        ),
        None => String::new(),
    }
}
