//! A task or thread that waits for what only it can give.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape, in_words};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::location;
use crate::model::{Diagnosis, DiagnosisKind, Framework, ItemId, ResourceKind, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::SelfDeadlock,
    rank: Rank::ThreadDeadlock,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Circles with one actor.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = context.cycles_of(Shape::Own);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle) -> Diagnosis {
    let running = cycle.tasks.iter().copied().filter(|id| {
        context
            .facts
            .task(*id)
            .is_some_and(|task| task.state == TaskState::Running)
    });
    let mut actors: Vec<ItemId> = running.collect();
    if actors.is_empty() {
        actors.clone_from(&cycle.tasks);
    }
    let all = actors.iter().chain(&cycle.threads).copied();
    let who = context
        .facts
        .names(actors.iter().chain(&cycle.threads).take(1).copied());
    let at = all
        .clone()
        .next()
        .map_or(&[][..], |id| context.facts.frames(id));
    let how = match kernel_object(context, cycle).filter(|_| actors.is_empty()) {
        Some((resource, true)) => format!("only this process has the lock on {resource}"),
        Some((resource, false)) => format!("only this process has the other end of {resource}"),
        None => in_words(&context.facts, cycle),
    };
    let summary = format!("{who} waits for itself in {}: {how}", location(at));
    let framework = context.facts.framework(actors.iter().copied());
    let of_kernel = kernel_object(context, cycle).filter(|_| actors.is_empty());
    let hint = match (cycle.threads.is_empty(), framework) {
        _ if matches!(of_kernel, Some((_, true))) => {
            "give the lock back first, or do not take it twice"
        }
        _ if of_kernel.is_some() => {
            "nobody else has the other end: use it in another thread, or before this call"
        }
        (true, Framework::Asyncio) => {
            "asyncio locks are not re-entrant: do not take one twice in the same task"
        }
        (true, Framework::Trio | Framework::Greenlet) => "do not take it twice in the same task",
        // A lock that the thread has already: a loop may run there, but its task waits for none.
        (false, _) if cycle.tasks.is_empty() && takes_lock(cycle) => {
            "give the lock back before this call, or use an RLock; a handler of a signal or of \
             the log must not take a lock that the code which it interrupts may have"
        }
        (false, _) => "await instead of waiting synchronously in the loop's own thread",
    };
    Diagnosis {
        tasks: context.in_order(actors.iter().copied()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_circle(&context.facts, all.clone(), &cycle.resources),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: match cycle.threads.is_empty() {
            true => context.recovery(actors.iter().copied()),
            false => None,
        },
        hint: Some(hint.to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(all.clone()), summary)
    }
}

/// Whether the circle goes through a lock of threads.
fn takes_lock(cycle: &Cycle) -> bool {
    let mut kinds = cycle.resources.iter().filter_map(|id| id.resource_kind());
    kinds.any(|kind| kind == ResourceKind::ThreadLock)
}

/// The name of the socket, pipe or file that the circle goes through, and whether it is the
/// lock on a file that is waited for.
fn kernel_object(context: &Context<'_>, cycle: &Cycle) -> Option<(String, bool)> {
    let mut resources = cycle
        .resources
        .iter()
        .filter_map(|id| context.facts.resource(*id));
    let resource = resources.find(|resource| resource.kind.is_file())?;
    let is_lock = resource.ends.as_ref().is_some_and(|end| end.is_lock);
    Some((context.facts.name(resource.id), is_lock))
}
