//! A task or thread of the program that waits for another part of it, or sleeps in a library,
//! where it is not proved that nobody ends that.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::enders::{Enders, is_primitive};
use crate::diagnosis::frames::{is_idle_worker, user_frame};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::source;
use crate::diagnosis::wording::{location, verb};
use crate::model::{
    ChildProcess, Confidence, Diagnosis, DiagnosisKind, Frame, ItemId, Resource, ResourceKind,
    Task, TaskState, Thread, ThreadState, Wait, WaitKind,
};

use super::orphan_wait::{is_awaited, is_trio, serves};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::InternalWait,
    rank: Rank::Unexplained,
    meaning: Meaning::Waiting,
    only_alone: true,
    outside: true,
    needs: Needs::Sample,
    find,
};

/// How many of those that may end a wait are named.
const MAX_NAMED: usize = 3;

/// What a task or thread waits for.
#[derive(Clone, Copy)]
enum Target<'a> {
    /// An object of the program, or of a library.
    Resource(&'a Resource),
    /// A call of a library that sleeps, or looks again and again.
    Sleeps(&'a Frame),
    /// A call of C code, in a system call of that name that waits for memory to change.
    InC(&'a str),
    /// The end of a child, of a thread or of a job.
    End(&'a Wait),
}

/// What waits on one line have in common that are the same to users.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    /// They wait for this one object.
    Resource(ItemId),
    /// Each waits for a future of its own.
    Futures(ResourceKind),
    /// They sleep in this function of a library, on this line.
    Sleeps(&'a str, Option<u32>),
    /// They are in this system call.
    InC(&'a str),
    /// They wait for this, in words.
    End(&'a str),
}

impl<'a> Target<'a> {
    fn key(&self) -> Key<'a> {
        match self {
            Self::Resource(resource) => match resource.kind {
                ResourceKind::Future | ResourceKind::ConcurrentFuture => {
                    Key::Futures(resource.kind)
                }
                _ => Key::Resource(resource.id),
            },
            Self::Sleeps(frame) => Key::Sleeps(&frame.qualname, frame.line),
            Self::InC(syscall) => Key::InC(syscall),
            Self::End(wait) => Key::End(&wait.summary),
        }
    }
}

/// The system call in which locks wait (futex(2)). C code that waits for a thread of its own is in
/// it, and seldom a server that waits for work.
const FUTEX: &str = "futex";

/// How many threads are followed that each only wait for the end of the next.
const MAX_JOINS: u8 = 8;

/// Finds such waits; those of one line for the same make one finding.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let threads = context.facts.process.threads.iter();
    let threads = threads.filter_map(|thread| Some((thread.id, of_thread(context, thread)?)));
    let tasks = context.facts.live_tasks();
    let tasks = tasks.filter_map(|task| Some((task.id, of_task(context, task)?)));
    let mut groups: IndexMap<_, (Target<'_>, Vec<ItemId>), FxBuildHasher> = IndexMap::default();
    for (id, target) in threads.chain(tasks) {
        let own = user_frame(context.facts.frames(id));
        let line = own.map(|frame| (frame.file.as_deref(), frame.line));
        let group = groups.entry((target.key(), line));
        group.or_insert((target, Vec::new())).1.push(id);
    }
    let groups = groups.values();
    groups
        .map(|(target, group)| describe(context, *target, group))
        .collect()
}

fn of_task<'a>(context: &Context<'a>, task: &'a Task) -> Option<Target<'a>> {
    let wait = task.waits_for.as_ref()?;
    let waits = task.state == TaskState::Waiting && context.facts.progress.unchanged(task.id);
    if !waits || user_frame(&task.frames).is_none() {
        return None;
    }
    if is_untold_end(context, wait) {
        return Some(Target::End(wait));
    }
    if !wait.kind.is_primitive() {
        return None;
    }
    let resource = context.facts.resource(wait.resource?)?;
    // Nobody awaits the handlers of a server, and they may wait for their clients.
    let handles = task.awaited_by.is_empty()
        && !context.facts.process.listening.is_empty()
        && context.graph.deps.enders(resource.id).is_none();
    let is_one = !handles && matters(context, task.id, resource, wait.kind);
    is_one.then_some(Target::Resource(resource))
}

fn of_thread<'a>(context: &Context<'a>, thread: &'a Thread) -> Option<Target<'a>> {
    let is_free = thread.event_loop.is_none() && thread.task.is_none();
    if !is_free
        || thread.state != ThreadState::Blocked
        || is_idle_worker(thread)
        || user_frame(&thread.frames).is_none()
    {
        return None;
    }
    let call = call_of_library(&thread.frames);
    let progress = &context.facts.progress;
    let unchanged = progress.known && progress.unchanged(thread.id);
    // It may sleep for ever longer times, or do a little between two sleeps.
    let returns = !unchanged && progress.stays_in_call(thread.id);
    let Some(wait) = thread.waits_for.as_ref() else {
        let syscall = thread.syscall.as_deref().filter(|it| *it == FUTEX);
        let in_c = syscall.filter(|_| unchanged || returns);
        let sleeps = call.filter(|_| returns);
        return sleeps.map(Target::Sleeps).or(in_c.map(Target::InC));
    };
    match wait.kind {
        _ if unchanged && is_untold_end(context, wait) => Some(Target::End(wait)),
        WaitKind::Sleep => call.filter(|_| unchanged || returns).map(Target::Sleeps),
        // What a library has made for itself, such as an eventfd.
        WaitKind::FileRead | WaitKind::FileWrite => {
            let own = user_frame(&thread.frames);
            let serves = own.is_some_and(|frame| context.loops_endlessly(frame));
            let waits = unchanged && wait.remaining_s.is_none() && !serves;
            let resource = context.facts.resource(wait.resource?)?;
            (waits && call.is_some()).then_some(Target::Resource(resource))
        }
        kind if kind.is_primitive() && wait.remaining_s.is_some() => {
            let repeats = returns || context.facts.repeats_call(thread);
            call.filter(|_| repeats).map(Target::Sleeps)
        }
        kind if unchanged && (kind.is_primitive() || kind == WaitKind::ThreadLock) => {
            let resource = context.facts.resource(wait.resource?)?;
            let is_one = match kind.is_primitive() {
                true => matters(context, thread.id, resource, kind),
                false => polling_holder(context, resource).is_some(),
            };
            is_one.then_some(Target::Resource(resource))
        }
        _ => None,
    }
}

/// Whether it is the end of a child or of a job, or of a thread, that nothing else is told of: such
/// a thread runs no code of the program.
fn is_untold_end(context: &Context<'_>, wait: &Wait) -> bool {
    is_untold_end_of(context, wait, MAX_JOINS)
}

/// The same; threads that only wait for the end of another are followed up to `joins` times.
fn is_untold_end_of(context: &Context<'_>, wait: &Wait, joins: u8) -> bool {
    let threads = wait.holders.iter().map(|id| context.facts.thread(*id));
    let in_libraries = |thread: &Thread| {
        let waits = thread.waits_for.as_ref();
        let idle = is_idle_worker(thread) || waits.is_some_and(|it| it.kind == WaitKind::Idle);
        // Who only waits for the end of another says nothing of its own.
        let told = waits.is_some_and(|it| {
            it.kind == WaitKind::Thread
                && joins > 0
                && !is_untold_end_of(context, it, joins.saturating_sub(1))
        });
        thread.state == ThreadState::Blocked
            && context.facts.progress.unchanged(thread.id)
            && user_frame(&thread.frames).is_none()
            && !thread.frames.is_empty()
            && !idle
            && !told
    };
    let rests = |id: &ItemId| {
        let pool = context.facts.resource(*id);
        let pool = pool.filter(|it| it.kind == ResourceKind::ProcessPool);
        pool.is_some_and(|pool| {
            let mut workers = pool
                .holders
                .iter()
                .filter_map(|id| context.facts.child(*id));
            !workers.any(ChildProcess::computes)
        })
    };
    match wait.kind {
        WaitKind::Process | WaitKind::Subprocess => true,
        WaitKind::Executor | WaitKind::Thread => {
            let mut threads = threads.map(|it| it.is_some_and(in_libraries));
            !wait.holders.is_empty() && threads.all(|untold| untold)
        }
        // The result of a job of another process.
        WaitKind::Future => !wait.holders.is_empty() && wait.holders.iter().all(rests),
        _ => false,
    }
}

/// What is known of who ends a wait for the end of something.
fn who_goes_on(context: &Context<'_>, wait: &Wait) -> String {
    let unknown = || "who ends that is not known".to_owned();
    let Some(first) = wait.holders.first() else {
        return unknown();
    };
    if let Some(child) = context.facts.child(*first) {
        return match child.is_stopped() {
            true => "that process is stopped, and goes on when it gets SIGCONT".to_owned(),
            false => unknown(),
        };
    }
    if let Some(pool) = context.facts.resource(*first) {
        return match pool.limit {
            Some(0) => "its pool has no worker process".to_owned(),
            _ => unknown(),
        };
    }
    let thread = context.facts.thread(*first);
    match thread.and_then(|it| Some((it, it.waits_for.as_ref()?))) {
        Some((thread, waits)) => format!("{} waits for {}", thread.name, waits.summary),
        None => match thread.and_then(|it| Some((it, it.syscall.as_ref()?))) {
            Some((thread, syscall)) => format!("{} is in {syscall}", thread.name),
            None => unknown(),
        },
    }
}

/// Whether who waits for `resource` is meant to go on: it does not wait for work or for the end of
/// the program.
fn matters(context: &Context<'_>, id: ItemId, resource: &Resource, kind: WaitKind) -> bool {
    let mut needs = context.graph.deps.needs(resource.id);
    if needs.any(|(_, why)| why.is_proved()) {
        return polling_holder(context, resource).is_some();
    }
    let mut referrers = context.facts.referrers(resource.id).iter();
    Needs::References.are_met(&context.facts)
        && !parks(context, id, resource)
        && !works(context, id, kind)
        && !referrers.any(|reference| reference.due_s.is_some())
}

/// The one who holds `resource`, if that one only looks again and again whether something has
/// changed. Who holds it ends the wait; why a holder does not go on that waits for something else
/// is told of that.
fn polling_holder(context: &Context<'_>, resource: &Resource) -> Option<ItemId> {
    let [holder] = resource.holders[..] else {
        return None;
    };
    let frame = user_frame(context.facts.frames(holder))?;
    let module = frame
        .file
        .as_deref()
        .and_then(|it| context.facts.module(it))?;
    let polls = source::only_sleeps(&module, frame.line?);
    (polls && resource.kind.is_lock()).then_some(holder)
}

/// Whether somebody waits for the end of a task or thread, or for that of the thread that runs the
/// task.
fn is_wanted(context: &Context<'_>, id: ItemId) -> bool {
    let thread = context.facts.task(id).and_then(|task| task.thread);
    is_awaited(context, id) || thread.is_some_and(|thread| is_awaited(context, thread))
}

/// Whether it was made to wait, for as long as the program runs or until a signal comes.
fn parks(context: &Context<'_>, id: ItemId, resource: &Resource) -> bool {
    // What its own code waits for and no code ends was made to be waited for.
    let is_own = call_of_library(context.facts.frames(id)).is_none();
    let is_unnamed =
        is_own && resource.kind.needs_signal() && context.graph.deps.is_unnamed(resource.id);
    let is_main = context.is_main(id) && !is_wanted(context, id);
    is_main && (is_unnamed || context.waits_for_signal(id)) || is_trio(context, id) && is_unnamed
}

/// Whether it waits for work to come in: the function that waits does so in a loop that nothing
/// leaves.
fn works(context: &Context<'_>, id: ItemId, kind: WaitKind) -> bool {
    match kind {
        WaitKind::QueueGet => serves(context, id),
        _ => {
            let own = user_frame(context.facts.frames(id));
            own.is_some_and(|frame| context.loops_endlessly(frame)) && !context.is_main(id)
        }
    }
}

/// The function of a library that the innermost code of the program has called, if that does
/// more than to wait.
fn call_of_library(frames: &[Frame]) -> Option<&Frame> {
    let own = frames.iter().position(|frame| !frame.library)?;
    let called = frames.get(..own)?.last()?;
    (!is_primitive(called)).then_some(called)
}

fn describe(context: &Context<'_>, target: Target<'_>, ids: &[ItemId]) -> Diagnosis {
    let number = ids.len();
    let line = location(ids.first().map_or(&[][..], |id| context.facts.frames(*id)));
    let holder = match target {
        Target::Resource(resource) => polling_holder(context, resource),
        Target::Sleeps(_) | Target::InC(_) | Target::End(_) => None,
    };
    let (waits, who) = match target {
        Target::Resource(resource) => {
            let name = context.facts.name(resource.id);
            let waits = format!("{} for {name}", verb(number, "wait"));
            let ends = match holder {
                Some(holder) => format!(
                    "{} holds it, and polls in {}",
                    context.facts.name(holder),
                    location(context.facts.frames(holder))
                ),
                None => who_ends(context, resource),
            };
            (waits, ends)
        }
        Target::Sleeps(frame) => (
            format!("{} in {}()", verb(number, "sleep"), frame.qualname),
            "what that looks for is not known".to_owned(),
        ),
        Target::InC(syscall) => (
            format!(
                "{} in a call of C code, in {syscall},",
                verb(number, "wait")
            ),
            "who ends that is not known".to_owned(),
        ),
        Target::End(wait) => (
            format!("{} for {}", verb(number, "wait"), wait.summary),
            who_goes_on(context, wait),
        ),
    };
    let summary = format!("{} {waits} in {line}; {who}", context.facts.names(ids));
    let resource = match target {
        Target::Resource(resource) => Some(resource.id),
        Target::Sleeps(_) | Target::InC(_) | Target::End(_) => None,
    };
    let ids = || ids.iter().copied();
    Diagnosis {
        tasks: context.in_order(ids().filter(|id| id.task().is_some())),
        threads: context.in_order(ids().filter(|id| id.task().is_none())),
        resources: context.in_order(resource),
        culprit: culprit::of_first(&context.facts, holder.into_iter().chain(ids())),
        affected_tasks: context.affected(resource),
        recovers_in_s: resource.and_then(|_| context.recovery(ids())),
        hint: Some(hint(target, holder.is_some()).to_owned()),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    }
}

/// What helps.
fn hint(target: Target<'_>, is_held: bool) -> &'static str {
    match target {
        Target::Resource(_) if is_held => {
            "give the lock back before polling: who changes what is looked at may need it"
        }
        Target::Resource(_) => "look at those who may end it; give the wait a timeout",
        Target::End(_) => "look at what that does; give the wait a timeout",
        Target::Sleeps(_) | Target::InC(_) => {
            "look at what this call waits for; give it a timeout if it takes one"
        }
    }
}

/// Who may end a wait for `resource`, in words.
fn who_ends(context: &Context<'_>, resource: &Resource) -> String {
    let mut named = match context.graph.deps.enders(resource.id) {
        Some(Enders::These(found)) => found.clone(),
        Some(Enders::NotKnown) | None => Vec::new(),
    };
    named.sort_unstable();
    named.dedup();
    match named.len() {
        0 => "who ends that is not known".to_owned(),
        1..=MAX_NAMED => format!("{} may end that", context.facts.names(&named)),
        more => format!("{more} others may end that"),
    }
}
