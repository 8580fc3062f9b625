//! A wait that nobody alive can end.

mod hints;
mod stopped_loops;
mod unwoken_loops;

use rustc_hash::FxHashMap;

use super::{dead_consumers, never_awaited, pool_exhausted, shutdown_hang};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::dependencies::Dependency;
use crate::diagnosis::enders::Enders;
use crate::diagnosis::facts::wait_kind;
use crate::diagnosis::frames::is_library_only;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::shared;
use crate::diagnosis::source::{self, Around};
use crate::diagnosis::wording::{last_part, verb};
use crate::model::{
    Confidence, Culprit, Diagnosis, DiagnosisKind, Framework, How, IdSet, ItemId, Resource,
    ResourceKind, Task, TaskState, WaitKind,
};

/// The rule of this kind.
pub(crate) const RULE: Rule = Rule {
    kind: DiagnosisKind::OrphanWait,
    rank: Rank::Endless,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// How many of those that wait behind a wait are named.
const MAX_NAMED: usize = 3;

/// Finds waits that nobody can end, and wake-ups that got lost.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut waits = examine_all(context, context.dead_ends());
    if waits.is_empty() {
        // Where the first in the chain only waits for work, those behind it are stuck.
        waits = examine_all(context, &context.stuck_resources());
    }
    let never_set = waits.iter().map(|wait| describe(context, wait));
    let stopped = stopped_loops::find(context);
    let unwoken = unwoken_loops::find(context);
    let set = of_set_events(context);
    never_set.chain(stopped).chain(unwoken).chain(set).collect()
}

/// The waits for these resources that nobody ends; those with one reason are one, and those
/// whose ends lie behind each other.
fn examine_all<'a>(context: &Context<'a>, resources: &[&'a Resource]) -> Vec<Wait<'a>> {
    let mut waits: Vec<Wait<'_>> = Vec::new();
    let mut positions: FxHashMap<Reason, usize> = FxHashMap::default();
    let mut of_roots: FxHashMap<usize, usize> = FxHashMap::default();
    let found = resources.iter().filter_map(|resource| {
        let wait = examine(context, resource)?;
        Some((*resource, wait))
    });
    let mut found: Vec<(&Resource, Wait<'_>)> = found.collect();
    // Who waits for work behind another wait is not the one to look at.
    found.sort_by_key(|(_, wait)| wait.serves);
    for (resource, wait) in found {
        let line = wait.culprit.as_ref().map(|at| (at.file.clone(), at.line));
        let key = (line, wait.confidence);
        let root = context.root_of(resource.id);
        let same_root = root.and_then(|root| of_roots.get(&root));
        let known = positions.get(&key).or(same_root).copied();
        let is_first = |at: usize| waits.get(at).is_some_and(|first| !first.serves);
        if wait.serves && known.is_some_and(is_first) {
            continue;
        }
        match known.and_then(|position| waits.get_mut(position)) {
            Some(same) => same.join(wait),
            None => {
                positions.insert(key, waits.len());
                of_roots.extend(root.map(|root| (root, waits.len())));
                waits.push(wait);
            }
        }
    }
    waits
}

/// Somebody who failed, or never began, and could have ended the wait.
struct Evidence<'a> {
    failed: Vec<&'a Task>,
    never_began: bool,
}

/// Waits with the same line of the culprit and the same confidence make one
/// finding.
type Reason = (Option<(String, u32)>, Confidence);

/// Waits without an end that have one reason.
struct Wait<'a> {
    resources: Vec<ItemId>,
    waiters: Vec<ItemId>,
    evidence: Evidence<'a>,
    confidence: Confidence,
    culprit: Option<Culprit>,
    /// Whether all who wait do so for work, in a loop.
    serves: bool,
}

impl Wait<'_> {
    fn join(&mut self, other: Self) {
        self.resources.extend(other.resources);
        self.waiters.extend(other.waiters);
    }
}

fn examine<'a>(context: &Context<'a>, resource: &'a Resource) -> Option<Wait<'a>> {
    let own_end = resource.kind.is_file() && context.graph.deps.enders(resource.id).is_some();
    if !(resource.kind.needs_signal() || own_end)
        || dead_consumers::has_no_consumers(context, resource)
        || pool_exhausted::is_drained(context, resource)
    {
        return None;
    }
    let waiters = context.waiters(resource);
    // Who takes from a queue in a loop is there for those who wait until all is done.
    let joins = |id: &&ItemId| waits_to(context, **id, WaitKind::QueueJoin);
    let only_joining = waiters.iter().any(|id| joins(&id))
        && (waiters.iter()).all(|id| joins(&id) || takes_in_loop(context, *id));
    let waiters: Vec<ItemId> = (waiters.iter())
        .filter(|id| context.graph.stuck(**id))
        .filter(|id| !only_joining || joins(id))
        .map(|id| context.facts.caller_of_wait(*id))
        .collect();
    if waiters.is_empty() {
        return None;
    }
    // Threads that wait in vain hold up the end: that is a finding of its own.
    if waiters.iter().all(|id| id.task().is_none()) && shutdown_hang::ends(context) {
        return None;
    }
    let evidence = Evidence {
        failed: context.facts.failed_referrers(resource.id),
        never_began: !never_awaited::setters(context, resource.id).is_empty(),
    };
    Some(Wait {
        resources: vec![resource.id],
        confidence: confidence(context, resource, &waiters, &evidence)?,
        culprit: culprit::of_failed(&context.facts, &evidence.failed)
            .or_else(|| culprit::of_most(&context.facts, waiters.iter().copied())),
        serves: waiters.iter().all(|id| takes_in_loop(context, *id)),
        waiters,
        evidence,
    })
}

fn first_of<'a>(context: &Context<'a>, wait: &Wait<'_>) -> Option<&'a Resource> {
    context.facts.resource(*wait.resources.first()?)
}

fn describe(context: &Context<'_>, wait: &Wait<'_>) -> Diagnosis {
    let named = who_may_end(context, wait);
    let why = match (wait.evidence.failed.first(), wait.evidence.never_began) {
        (Some(task), _) => format!(
            "{} died with {}",
            context.facts.name(task.id),
            task.exception.as_ref().map_or("an error", |e| &e.type_name)
        ),
        (None, true) => "the coroutine that would end it was never awaited".to_owned(),
        (None, false) => first_of(context, wait)
            .and_then(shared::why_stuck)
            .unwrap_or_else(|| match is_unshared(context, wait) {
                true => "nothing else refers to it any more".to_owned(),
                false => who_waits_behind(context, wait, &named),
            }),
    };
    let between = lock_between(context, wait, &named);
    let resources = wait.resources.iter().copied().chain(between);
    let recovery = context.recovery(wait.waiters.iter().copied());
    let ends = match recovery {
        Some(_) => "which only a timeout or a timer ends",
        None => "which nobody alive can end",
    };
    let summary = format!(
        "{} {} for {}, {ends}: {why}",
        context.facts.names(&wait.waiters),
        verb(wait.waiters.len(), "wait"),
        context.facts.names(&wait.resources),
    );
    Diagnosis {
        how: Some(how_of(context, wait)),
        tasks: context.in_order(tasks_of(wait)),
        threads: context.in_order(threads_of(wait)),
        resources: context.in_order(resources),
        culprit: wait.culprit.clone(),
        affected_tasks: context.affected(wait.resources.iter().copied()),
        recovers_in_s: recovery,
        hint: Some(hints::of(context, wait).to_owned()),
        ..diagnosis(RULE.kind, wait.confidence, summary)
    }
}

/// Those who would end the wait and cannot, in words.
fn who_waits_behind(context: &Context<'_>, wait: &Wait<'_>, named: &[ItemId]) -> String {
    if let Some(lock) = lock_between(context, wait, named) {
        return format!(
            "{}, which may end it, waits for {}, which {} {}",
            context.facts.names(named),
            context.facts.name(lock),
            context.facts.names(&wait.waiters),
            verb(wait.waiters.len(), "have")
        );
    }
    match named.len() {
        1..=MAX_NAMED => format!(
            "{}, which may end it, {} stuck as well",
            context.facts.names(named),
            if named.len() == 1 { "is" } else { "are" }
        ),
        _ => "all who refer to it wait behind it".to_owned(),
    }
}

/// The lock of the waiters for which the only one waits of those who may end the wait.
fn lock_between(context: &Context<'_>, wait: &Wait<'_>, named: &[ItemId]) -> Option<ItemId> {
    match named {
        [one] => waits_for_held(context, *one, &wait.waiters),
        _ => None,
    }
}

/// Those who would end the wait and cannot.
fn who_may_end(context: &Context<'_>, wait: &Wait<'_>) -> Vec<ItemId> {
    let mut named: Vec<ItemId> = Vec::new();
    for id in &wait.resources {
        // Others could only if they had it where it was not found.
        let referrers = context.facts.referrers(*id).iter();
        let having: IdSet = referrers.filter_map(|it| it.from.item()).collect();
        match context.graph.deps.enders(*id) {
            Some(Enders::These(found)) => {
                named.extend(found.iter().filter(|ender| having.contains(*ender)));
            }
            Some(Enders::NotKnown) | None => {}
        }
    }
    let resources = wait.resources.iter();
    let resources = resources.filter_map(|id| context.facts.resource(*id));
    // A worker waits for the task that gave it the job.
    let waiting: IdSet = resources
        .flat_map(|resource| context.waiters(resource).to_vec())
        .chain(wait.waiters.iter().copied())
        .collect();
    named.retain(|id| !waiting.contains(id));
    named.sort_unstable();
    named.dedup();
    named
}

/// What `id` waits for, if these are who has it.
fn waits_for_held(context: &Context<'_>, id: ItemId, holders: &[ItemId]) -> Option<ItemId> {
    let deps = &context.graph.deps;
    let resources = deps.needs(id).map(|(resource, _)| resource);
    let mut held = resources.filter(|resource| {
        let mut needs = deps.needs(*resource).filter(|(_, why)| why.is_proved());
        needs.any(|(holder, why)| why == Dependency::HOLDS && holders.contains(&holder))
    });
    held.next()
}

/// Whether only the waiters have what they wait for: it was replaced, or its owner is gone.
fn is_unshared(context: &Context<'_>, wait: &Wait<'_>) -> bool {
    let unshared = &context.facts.process.unshared;
    wait.resources.iter().all(|id| unshared.contains(id))
}

fn tasks_of(wait: &Wait<'_>) -> impl Iterator<Item = ItemId> {
    let waiters = wait.waiters.iter().copied();
    waiters.filter(|id| id.task().is_some())
}

fn threads_of(wait: &Wait<'_>) -> impl Iterator<Item = ItemId> {
    let waiters = wait.waiters.iter().copied();
    waiters.filter(|id| id.task().is_none())
}

/// A condition that nobody will notify was notified before they waited.
fn how_of(context: &Context<'_>, wait: &Wait<'_>) -> How {
    let mut resources = wait
        .resources
        .iter()
        .filter_map(|id| context.facts.resource(*id));
    let conditions = resources.all(|resource| resource.kind == ResourceKind::Condition);
    let evidence = wait.evidence.never_began || !wait.evidence.failed.is_empty();
    match conditions && !evidence {
        true => How::LostWakeup,
        false => How::FutureNeverSet,
    }
}

/// The confidence; `None` where somebody seems meant to wait.
fn confidence(
    context: &Context<'_>,
    resource: &Resource,
    waiters: &[ItemId],
    evidence: &Evidence<'_>,
) -> Option<Confidence> {
    if waiters.is_empty() {
        return None;
    }
    if !evidence.failed.is_empty() || evidence.never_began {
        let in_library = context.graph.deps.is_in_library(resource.id);
        return Some(match context.facts.progress.known && !in_library {
            true => Confidence::Certain,
            false => Confidence::Likely,
        });
    }
    let observed = context.facts.observed(waiters.iter().copied());
    let mut each = waiters.iter();
    let awaited = each.any(|id| is_awaited(context, *id) || keeps_others(context, *id));
    // Who takes from a queue may be there for work that no longer comes; not if nobody else has
    // the queue: it was replaced.
    let all = context.waiters(resource);
    let is_lost = context.facts.process.unshared.contains(&resource.id);
    let is_main = |id: &ItemId| context.main() == Some(*id);
    let takes = !is_lost
        && all.iter().all(|id| takes_in_loop(context, *id))
        && !waiters.iter().any(is_main);
    // Nobody waits for a result that is not to come.
    if resource.kind == ResourceKind::JobResult {
        return Some(observed);
    }
    let enders = context.graph.deps.enders(resource.id);
    if matches!(enders, Some(Enders::These(_))) {
        // The main task or thread may wait so that the rest can work.
        let is_main = || waiters.iter().all(|id| context.is_main(*id));
        let of_trio = || waiters.iter().all(|id| is_trio(context, *id));
        let parks = || context.graph.deps.is_unnamed(resource.id) && (is_main() || of_trio());
        let real = || is_main() || context.never_ends();
        let matters = awaited || !context.others_live() || !takes && !parks() && real();
        return matters.then_some(observed);
    }
    // Who ends the wait of a library's thread is seldom found by variables.
    if waiters.iter().any(|id| id.task().is_none()) {
        return None;
    }
    match context.others_live() || any_serves(context, waiters) {
        true if awaited && !takes => Some(observed),
        true => None,
        false => Some(observed),
    }
}

/// Whether a task or thread waits in this way.
fn waits_to(context: &Context<'_>, id: ItemId, kind: WaitKind) -> bool {
    let wait = match (context.facts.task(id), context.facts.thread(id)) {
        (Some(task), _) => task.waits_for.as_ref(),
        (None, thread) => thread.and_then(|thread| thread.waits_for.as_ref()),
    };
    wait.is_some_and(|wait| wait.kind == kind)
}

/// Whether it waits for an item of a queue, in a loop that serves.
fn takes_in_loop(context: &Context<'_>, id: ItemId) -> bool {
    waits_to(context, id, WaitKind::QueueGet) && serves(context, id)
}

/// Whether somebody takes from a queue in a loop without an end, as workers do, or outside of
/// the program's own code. Who takes one item, or so many, needs them; so does who takes from a
/// queue that was made for one answer.
pub(super) fn serves(context: &Context<'_>, id: ItemId) -> bool {
    let frames = context.facts.frames(context.facts.caller_of_wait(id));
    let mut own = frames.iter().filter(|frame| !frame.library).peekable();
    if own.peek().is_none() {
        return true;
    }
    let wait = match (context.facts.task(id), context.facts.thread(id)) {
        (Some(task), _) => task.waits_for.as_ref(),
        (None, thread) => thread.and_then(|thread| thread.waits_for.as_ref()),
    };
    let resource = wait.and_then(|wait| context.facts.resource(wait.resource?));
    let class = resource.map_or("", |it| last_part(&it.type_name));
    let position = frames.iter().position(|frame| !frame.library);
    let inner = position.and_then(|at| frames.get(at.checked_sub(1)?));
    let waiting = inner.map_or("", |frame| &*frame.function);
    for frame in own {
        let module = (frame.file.as_deref()).and_then(|it| context.facts.module(it));
        let (Some(module), Some(line)) = (module, frame.line) else {
            return true;
        };
        match source::around_wait(&module, line, class, waiting) {
            Around::Serves => return true,
            Around::Made | Around::Counts => return false,
            Around::Nothing => {}
        }
    }
    false
}

fn any_serves(context: &Context<'_>, waiters: &[ItemId]) -> bool {
    waiters
        .iter()
        .filter_map(|id| context.facts.task(*id))
        .any(|task| is_library_only(&task.frames) && !is_awaited(context, task.id))
}

/// Whether somebody waits for the end of the task. The thread that runs its loop does not
/// count: a service ends with that, too.
pub(super) fn is_awaited(context: &Context<'_>, task: ItemId) -> bool {
    let mut waiting = context.graph.deps.needed_by(task);
    waiting.any(|(id, dep)| {
        let runs_it = dep == Dependency::Runs;
        // Every task of trio is in a nursery, those that serve as well.
        let in_nursery = dep.is_group() && is_trio(context, id);
        let waits = dep.is_proved() && context.facts.resource(id).is_none();
        waits && !runs_it && !in_nursery && id != task
    })
}

/// Whether others wait for something that the task or thread has.
fn keeps_others(context: &Context<'_>, id: ItemId) -> bool {
    let deps = &context.graph.deps;
    let held = deps
        .needed_by(id)
        .filter(|(_, why)| *why == Dependency::HOLDS);
    let mut waiting = held.flat_map(|(held, _)| deps.needed_by(held));
    waiting.any(|(other, why)| why.is_proved() && other != id)
}

pub(super) fn is_trio(context: &Context<'_>, id: ItemId) -> bool {
    let task = context.facts.task(id);
    task.is_some_and(|task| task.framework == Framework::Trio)
}

/// Whether a task serves: nobody awaits it, and it keeps the program running.
pub(crate) fn is_serving(context: &Context<'_>, task: &Task) -> bool {
    task.state == TaskState::Waiting
        && wait_kind(task).is_some_and(WaitKind::may_serve)
        && !is_awaited(context, task.id)
}

/// Events that are set while somebody still waits for them.
fn of_set_events(context: &Context<'_>) -> Vec<Diagnosis> {
    let resources = context.facts.process.resources.iter();
    resources
        .filter(|resource| resource.kind == ResourceKind::Event && resource.set == Some(true))
        .filter_map(|resource| {
            let mut waiters = context.waiting_tasks(resource).to_vec();
            waiters.retain(|id| {
                context.facts.progress.unchanged(*id)
                    && context
                        .facts
                        .task(*id)
                        .is_some_and(|task| task.state == TaskState::Waiting)
            });
            let summary = format!(
                "{} {} for {} although it is set",
                context.facts.names(&waiters),
                verb(waiters.len(), "wait"),
                context.facts.name(resource.id)
            );
            (!waiters.is_empty()).then(|| Diagnosis {
                how: Some(How::LostWakeup),
                tasks: context.in_order(waiters.iter().copied()),
                resources: context.in_order([resource.id]),
                culprit: culprit::of_most(&context.facts, waiters.iter().copied()),
                affected_tasks: context.affected(waiters.iter().copied()),
                recovers_in_s: context.recovery(waiters.iter().copied()),
                ..diagnosis(RULE.kind, Confidence::Likely, summary)
            })
        })
        .collect()
}
