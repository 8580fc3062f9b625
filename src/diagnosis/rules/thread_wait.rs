//! A thread of the program that waits for another part of it, or polls in a library, where it is
//! not proved that nobody ends that.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::enders::{Enders, is_primitive};
use crate::diagnosis::frames::{is_idle_worker, user_frame};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{location, verb};
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, Frame, ItemId, Resource, Thread, ThreadState, WaitKind,
};

use super::orphan_wait::serves;

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ThreadWait,
    rank: Rank::Unexplained,
    meaning: Meaning::Waiting,
    only_alone: true,
    outside: true,
    needs: Needs::Movement,
    find,
};

/// How many of those that may end a wait are named.
const MAX_NAMED: usize = 3;

/// What a thread waits for.
#[derive(Clone, Copy, PartialEq)]
enum Target<'a> {
    /// An object of the program, or of a library.
    Resource(&'a Resource),
    /// A call of a library that sleeps, or looks again and again.
    Polls(&'a Frame),
    /// A call of C code, in a system call of that name that waits for memory to change.
    InC(&'a str),
}

/// The system call in which locks wait (futex(2)). C code that waits for a thread of its own is in
/// it, and seldom a server that waits for work.
const FUTEX: &str = "futex";

/// Finds such threads; those of one line that wait for the same make one finding.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut groups: Vec<(Target<'_>, Vec<&Thread>)> = Vec::new();
    for thread in &context.facts.process.threads {
        let Some(target) = target(context, thread) else {
            continue;
        };
        let line = |thread: &Thread| location(&thread.frames);
        let same = groups.iter_mut().find(|(known, group)| {
            let first = group.first();
            *known == target && first.is_some_and(|first| line(first) == line(thread))
        });
        match same {
            Some((_, group)) => group.push(thread),
            None => groups.push((target, vec![thread])),
        }
    }
    let groups = groups.iter();
    groups
        .map(|(target, group)| describe(context, *target, group))
        .collect()
}

fn target<'a>(context: &Context<'a>, thread: &'a Thread) -> Option<Target<'a>> {
    let is_free = thread.event_loop.is_none() && thread.task.is_none();
    if !is_free || is_idle_worker(thread) || user_frame(&thread.frames).is_none() {
        return None;
    }
    let call = call_of_library(&thread.frames);
    let progress = &context.facts.progress;
    let unchanged = progress.unchanged(thread.id);
    let Some(wait) = thread.waits_for.as_ref() else {
        let syscall = thread.syscall.as_deref().filter(|it| *it == FUTEX);
        let polls = call.filter(|_| progress.stays_in_call(thread.id) && !unchanged);
        let in_c = syscall.filter(|_| unchanged || progress.stays_in_call(thread.id));
        return polls.map(Target::Polls).or(in_c.map(Target::InC));
    };
    let limited = wait.remaining_s.is_some();
    // It may sleep for ever longer times, or do a little between two sleeps.
    let repeats =
        context.facts.repeats_call(thread) || !unchanged && progress.stays_in_call(thread.id);
    match wait.kind {
        WaitKind::Sleep => call.filter(|_| unchanged || repeats).map(Target::Polls),
        kind if limited && kind.is_primitive() => call.filter(|_| repeats).map(Target::Polls),
        kind if kind.is_primitive() && unchanged && thread.state == ThreadState::Blocked => {
            let resource = context.facts.resource(wait.resource?)?;
            waits_in_vain(context, thread.id, resource, kind).then_some(Target::Resource(resource))
        }
        _ => None,
    }
}

/// Whether a thread that waits for `resource` is meant to go on, and no other rule is about it:
/// it is not stuck, and does not wait for work or for the end of the program.
fn waits_in_vain(context: &Context<'_>, id: ItemId, resource: &Resource, kind: WaitKind) -> bool {
    let deps = &context.graph.deps;
    let parks = context.is_main(id) && deps.is_unnamed(resource.id);
    let works = serves(context, id) && (kind == WaitKind::QueueGet || !context.is_main(id));
    !context.graph.stuck(id) && !parks && !works
}

/// The function of a library that the innermost code of the program has called, if that does
/// more than to wait.
fn call_of_library(frames: &[Frame]) -> Option<&Frame> {
    let own = frames.iter().position(|frame| !frame.library)?;
    let called = frames.get(..own)?.last()?;
    (!is_primitive(called)).then_some(called)
}

fn describe(context: &Context<'_>, target: Target<'_>, group: &[&Thread]) -> Diagnosis {
    let ids = || group.iter().map(|thread| thread.id);
    let (waits, who) = match target {
        Target::Resource(resource) => (
            format!(
                "{} for {}",
                verb(group.len(), "wait"),
                context.facts.name(resource.id)
            ),
            who_ends(context, resource),
        ),
        Target::Polls(frame) => (
            format!("{} in {}()", verb(group.len(), "sleep"), frame.qualname),
            "what that looks for is not known".to_owned(),
        ),
        Target::InC(syscall) => (
            format!(
                "{} in a call of C code, in {syscall},",
                verb(group.len(), "wait")
            ),
            "who ends that is not known".to_owned(),
        ),
    };
    let frames = group.first().map_or(&[][..], |thread| &thread.frames);
    let summary = format!(
        "{} {waits} in {}; {who}",
        context.facts.names(ids()),
        location(frames)
    );
    let resource = match target {
        Target::Resource(resource) => Some(resource.id),
        Target::Polls(_) | Target::InC(_) => None,
    };
    Diagnosis {
        threads: context.in_order(ids()),
        resources: context.in_order(resource),
        culprit: culprit::of_first(&context.facts, ids()),
        affected_tasks: context.affected(resource),
        recovers_in_s: resource.and_then(|_| context.recovery(ids())),
        hint: Some("look at those who may end it; give the wait a timeout".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    }
}

/// Who may end a wait for `resource`, in words.
fn who_ends(context: &Context<'_>, resource: &Resource) -> String {
    let holders = context.graph.deps.needs(resource.id);
    let holders = holders.filter(|(id, why)| why.is_proved() && *id != resource.id);
    let mut holders: Vec<ItemId> = holders.map(|(id, _)| id).collect();
    holders.dedup();
    let found = match context.graph.deps.enders(resource.id) {
        Some(Enders::These(found)) if holders.is_empty() => found.as_slice(),
        _ => holders.as_slice(),
    };
    let mut named = found.to_vec();
    named.sort_unstable();
    named.dedup();
    match named.len() {
        0 => "who ends that is not known".to_owned(),
        1..=MAX_NAMED => format!("{} may end that", context.facts.names(&named)),
        more => format!("{more} others may end that"),
    }
}
