//! A wait for somebody outside of the process, without a timeout.

use rustc_hash::FxHashMap;

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::dependencies::Dependency;
use crate::diagnosis::enders::is_primitive;
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::shared;
use crate::diagnosis::wording::{location, verb};
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, EdgeKind, Frame, Framework, How, ItemId, Resource,
    ResourceKind, Task, TaskState, ThreadState, Wait, WaitKind, describe as words,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ExternalWait,
    rank: Rank::MayEnd,
    meaning: Meaning::Waiting,
    only_alone: true,
    outside: true,
    needs: Needs::Sample,
    find,
};

/// Tasks of a library that may wait for each other before the one that was called.
const MAX_CALLERS: usize = 4;

/// A task or thread that waits.
#[derive(Clone, Copy)]
struct Waiter<'a> {
    id: ItemId,
    wait: &'a Wait,
    frames: &'a [Frame],
    /// Whether somebody waits for its result.
    is_awaited: bool,
}

/// Finds unchanged waits for a peer; those of one line make one finding.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut groups: Vec<(How, Vec<Waiter<'_>>)> = Vec::new();
    let mut positions: FxHashMap<(How, String), usize> = FxHashMap::default();
    for waiter in waiters(context) {
        let Some(how) = how(context, waiter) else {
            continue;
        };
        let position = *positions
            .entry((how, location(waiter.frames)))
            .or_insert_with(|| {
                groups.push((how, Vec::new()));
                groups.len() - 1
            });
        if let Some((_, group)) = groups.get_mut(position) {
            group.push(waiter);
        }
    }
    // That nobody reads what was written shows in the kernel. Who reads may just be idle.
    groups.sort_by_key(|(how, _)| !matches!(how, How::SocketWriteBackpressure | How::PipeWrite));
    groups
        .iter()
        .map(|(how, group)| describe(context, *how, group))
        .collect()
}

/// Waiting tasks, and threads that run no task.
fn waiters<'a>(context: &Context<'a>) -> impl Iterator<Item = Waiter<'a>> {
    let tasks = context.facts.live_tasks();
    let tasks = tasks.filter(|task| task.state == TaskState::Waiting);
    let tasks = tasks.filter_map(|task| {
        let caller = caller(context, task);
        Some(Waiter {
            id: caller.id,
            wait: task.waits_for.as_ref()?,
            frames: &caller.frames,
            is_awaited: !caller.awaited_by.is_empty() || caller.id != task.id,
        })
    });
    let threads = context.facts.process.threads.iter();
    let threads = threads.filter(|it| it.event_loop.is_none() && it.task.is_none());
    let threads = threads.filter(|thread| thread.state == ThreadState::Blocked);
    // A job for which a task waits is a finding of its own.
    let threads = threads.filter(|thread| {
        let mut behind = context.graph.deps.needed_by(thread.id);
        !behind.any(|(_, why)| why == Dependency::Edge(EdgeKind::Executor))
    });
    let threads = threads.filter_map(|thread| {
        Some(Waiter {
            id: thread.id,
            wait: thread.waits_for.as_ref()?,
            frames: &thread.frames,
            is_awaited: false,
        })
    });
    tasks.chain(threads)
}

/// Who called the library whose task this is: the first task that waits for it and has code
/// of the program. The task itself if it has such code, or if nobody of that kind waits.
fn caller<'a>(context: &Context<'a>, task: &'a Task) -> &'a Task {
    let mut caller = task;
    for _ in 0..MAX_CALLERS {
        if user_frame(&caller.frames).is_some() {
            return caller;
        }
        let [only] = caller.awaited_by[..] else {
            break;
        };
        match context.facts.task(only) {
            Some(task) => caller = task,
            None => break,
        }
    }
    task
}

fn how(context: &Context<'_>, waiter: Waiter<'_>) -> Option<How> {
    let moves = context.facts.progress.known && !context.facts.progress.unchanged(waiter.id);
    if moves {
        return None;
    }
    let own = user_frame(waiter.frames).is_some();
    match waiter.wait.kind {
        WaitKind::SocketRead if own && !serves(context, waiter) => Some(How::SocketRead),
        WaitKind::Connect if own => Some(How::SocketConnect),
        WaitKind::SocketWrite if own && !drains(context, waiter) => {
            Some(How::SocketWriteBackpressure)
        }
        WaitKind::PipeRead if own => Some(How::PipeRead),
        WaitKind::PipeWrite if own => Some(How::PipeWrite),
        WaitKind::FileLock if own => Some(How::FileLock),
        WaitKind::ServerClose => Some(How::ServerConnections),
        _ if own && has_others(context, waiter) => Some(How::OtherProcess),
        // The pipe of a queue of processes is full.
        WaitKind::QueuePut if own && is_of_processes(context, waiter) => Some(How::PipeWrite),
        kind if own && kind.is_primitive() && is_of_library(context, waiter) => {
            Some(How::LibraryCall)
        }
        WaitKind::ThreadLock if own && is_of_library(context, waiter) => Some(How::LibraryCall),
        _ => None,
    }
}

/// Whether it is for a queue of processes.
fn is_of_processes(context: &Context<'_>, waiter: Waiter<'_>) -> bool {
    resource(context, waiter).is_some_and(|it| it.kind == ResourceKind::ProcessQueue)
}

/// Whether a library waits for an object of its own, so that it is not known who ends that.
fn is_of_library(context: &Context<'_>, waiter: Waiter<'_>) -> bool {
    let deps = &context.graph.deps;
    let Some(resource) = resource(context, waiter) else {
        return false;
    };
    // Where the search was not made, nothing is known of who ends a wait of the program's own code
    // either: `queue.get()` is no call of a library for that reason.
    let mut inner = waiter.frames.iter().take_while(|frame| frame.library);
    let called = inner.any(|frame| !is_primitive(frame));
    // Nobody awaits the handlers of a server, and they may wait for their clients.
    let handles = !waiter.is_awaited
        && waiter.id.task().is_some()
        && !context.facts.process.listening.is_empty();
    called
        && !handles
        && deps.enders(resource.id).is_none()
        && !deps.needs(resource.id).any(|(_, why)| why.is_proved())
}

/// Whether other processes may end the wait for something that they share.
fn has_others(context: &Context<'_>, waiter: Waiter<'_>) -> bool {
    let resource = resource(context, waiter);
    resource.is_some_and(|resource| {
        !context.graph.stuck(resource.id) && !shared::others(context, resource).is_empty()
    })
}

/// The outermost function of the library in which the program's own code waits.
fn library_call(frames: &[Frame]) -> &str {
    let own = frames.iter().position(|frame| !frame.library);
    let inner = own.and_then(|own| frames.get(..own)).unwrap_or(frames);
    inner.last().map_or("a library", |frame| &frame.qualname)
}

fn resource<'a>(context: &Context<'a>, waiter: Waiter<'_>) -> Option<&'a Resource> {
    context.facts.resource(waiter.wait.resource?)
}

/// Whether a server of this process accepted the socket, so that the client has
/// to speak next.
fn serves(context: &Context<'_>, waiter: Waiter<'_>) -> bool {
    let socket = resource(context, waiter).and_then(|it| it.socket.as_ref());
    let file = (context.facts.task(waiter.id)).and_then(|task| context.facts.file_of(task));
    let local = socket.map(|socket| &*socket.local);
    match local.or_else(|| file.and_then(|file| file.local.as_deref())) {
        Some(local) => context.facts.is_served(local),
        // Nothing says which side it is. Nobody awaits the handlers of a server.
        None => !waiter.is_awaited && context.facts.listeners().next().is_some(),
    }
}

/// Whether the kernel has nothing left to send.
fn drains(context: &Context<'_>, waiter: Waiter<'_>) -> bool {
    let socket = resource(context, waiter).and_then(|it| it.socket.as_ref());
    let file = (context.facts.task(waiter.id)).and_then(|task| context.facts.file_of(task));
    let unsent = socket.map(|socket| socket.unsent);
    unsent.or_else(|| file.and_then(|file| file.send_queue)) == Some(0)
}

fn describe(context: &Context<'_>, how: How, group: &[Waiter<'_>]) -> Diagnosis {
    let names = || group.iter().map(|waiter| waiter.id);
    let first = group.first();
    let resource = first.and_then(|first| resource(context, *first));
    let peer = first.and_then(|first| first.wait.peer.as_deref());
    let peer = peer.unwrap_or("its peer");
    let what = match how {
        How::SocketRead => format!("to read from {peer}{}{}", unread(resource), end(resource)),
        How::SocketConnect => format!("for a connection to {peer}"),
        How::SocketWriteBackpressure => {
            format!("to write to {peer}, which does not read{}", end(resource))
        }
        How::PipeRead => format!("to read from a pipe{}", writers(context, resource)),
        How::PipeWrite => format!(
            "to write into a pipe that is full{}",
            readers(context, resource)
        ),
        How::FileLock => format!("for a lock on {peer}{}", end(resource)),
        How::LibraryCall => {
            let awaited = resource.map_or_else(String::new, |it| context.facts.name(it.id));
            let call = library_call(first.map_or(&[][..], |waiter| waiter.frames));
            format!("in {call}() for {awaited}; who ends that is not known,")
        }
        How::OtherProcess => {
            let awaited = resource.map_or_else(String::new, |it| context.facts.name(it.id));
            let others = resource.map_or_else(String::new, |it| shared::others(context, it));
            let ends = first.map_or("end that", |waiter| shared::ending(waiter.wait.kind));
            format!("for {awaited} ({others} may {ends})")
        }
        _ => "for the connections of a server to close".to_owned(),
    };
    let frames = first.map_or(&[][..], |waiter| waiter.frames);
    let recovers = recovery(context, group);
    // Of a call that is made again and again, the limit of all together is not known.
    let limit = match recovers.is_some() || group.iter().any(|it| repeats(context, it)) {
        true => "",
        false => "; no timeout guards it",
    };
    let summary = format!(
        "{} {} {what} in {}{limit}",
        context.facts.names(names()),
        verb(group.len(), "wait"),
        location(frames)
    );
    let tasks = names().any(|id| id.task().is_some());
    let hint = match (tasks, context.facts.framework(names())) {
        (true, Framework::Asyncio) => "look at the peer; wait with asyncio.timeout(...)",
        (true, Framework::Trio) => "look at the peer; wait with trio.fail_after(...)",
        (true, Framework::Greenlet) => "look at the peer; wait with gevent.Timeout(...)",
        (false, _) => "look at the other end; give the call a timeout",
    };
    Diagnosis {
        how: Some(how),
        tasks: context.in_order(names().filter(|id| id.task().is_some())),
        threads: context.in_order(names().filter(|id| id.task().is_none())),
        resources: context.in_order(resource.map(|resource| resource.id)),
        culprit: culprit::of_first(&context.facts, names()),
        affected_tasks: context.affected(names()),
        recovers_in_s: recovers,
        hint: Some(hint.to_owned()),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    }
}

/// Seconds until a timeout or the time limit of the call ends the first of the waits.
fn recovery(context: &Context<'_>, group: &[Waiter<'_>]) -> Option<f64> {
    let guards = context.recovery(group.iter().map(|waiter| waiter.id));
    let limits = group
        .iter()
        .filter(|waiter| !repeats(context, waiter))
        .filter_map(|waiter| waiter.wait.remaining_s);
    guards.into_iter().chain(limits).reduce(f64::min)
}

fn repeats(context: &Context<'_>, waiter: &Waiter<'_>) -> bool {
    let thread = context.facts.thread(waiter.id);
    thread.is_some_and(|thread| context.facts.repeats_call(thread))
}

fn unread(resource: Option<&Resource>) -> String {
    match resource.and_then(|resource| resource.buffered) {
        Some(bytes) if bytes > 0 => format!(", {bytes} bytes buffered"),
        _ => String::new(),
    }
}

/// Who has the other end, or the lock.
fn end(resource: Option<&Resource>) -> String {
    let who = resource.and_then(words::other_end_of);
    who.map_or_else(String::new, |who| format!(", {who}"))
}

/// Who can write to a pipe that somebody reads.
fn writers(context: &Context<'_>, resource: Option<&Resource>) -> String {
    let Some(pipe) = resource.and_then(|resource| resource.pipe.as_ref()) else {
        return String::new();
    };
    match others(context, resource, &pipe.writers) {
        others if !others.is_empty() => format!(", which {} can fill", others.join(", ")),
        _ if pipe.writers.is_empty() && pipe.complete => ", which nobody can write to".to_owned(),
        _ if pipe.complete => ", which only this process itself can write to".to_owned(),
        _ => String::new(),
    }
}

/// Who can read from a pipe that somebody writes to.
fn readers(context: &Context<'_>, resource: Option<&Resource>) -> String {
    let Some(pipe) = resource.and_then(|resource| resource.pipe.as_ref()) else {
        return String::new();
    };
    match others(context, resource, &pipe.readers) {
        others if !others.is_empty() => format!(", which {} can empty", others.join(", ")),
        _ if pipe.complete => ", which only this process itself can empty".to_owned(),
        _ => String::new(),
    }
}

/// The processes of `pids` without this one.
fn others(context: &Context<'_>, resource: Option<&Resource>, pids: &[u32]) -> Vec<String> {
    let own = context.facts.process.pid;
    let ends = resource.and_then(|resource| resource.ends.as_ref());
    let named = ends.map_or(&[][..], |ends| &ends.processes);
    let others = pids.iter().filter(|pid| **pid != own);
    let others = others.map(|pid| match named.iter().find(|owner| owner.pid == *pid) {
        Some(owner) => format!("{} (pid {pid})", owner.name),
        None => format!("process {pid}"),
    });
    others.collect()
}
