//! A pool of threads whose workers all wait, while jobs queue up.

use rustc_hash::FxHashSet;

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::Shape;
use crate::diagnosis::frames::is_idle_worker;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{count, location};
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, ItemId, Resource, ResourceKind, Thread, ThreadState,
    WaitKind,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ExecutorExhausted,
    rank: Rank::NotRun,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// An executor without a worker that could take a job.
pub(super) struct Exhausted<'a> {
    pub resource: &'a Resource,
    pub workers: Vec<ItemId>,
    /// Tasks that wait for a worker.
    pub waiting: Vec<ItemId>,
    /// Whether it is part of a proved circle.
    pub proved: bool,
    /// Whether nobody who goes on can free a worker.
    internal: bool,
}

impl Exhausted<'_> {
    /// Tasks behind the workers and in the queue.
    pub(super) fn affected(&self, context: &Context<'_>) -> u64 {
        let own = std::iter::once(self.resource.id);
        context.affected(own.chain(self.workers.iter().copied()))
    }
}

/// Executors whose workers all wait.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = exhausted(context);
    found.iter().map(|one| describe(context, one)).collect()
}

/// The executors in circles, and those that are full and do not move.
pub(super) fn exhausted<'a>(context: &Context<'a>) -> Vec<Exhausted<'a>> {
    let circular: FxHashSet<ItemId> = context
        .cycles_of(Shape::Executor)
        .into_iter()
        .flat_map(|cycle| cycle.resources.iter().copied())
        .collect();
    context
        .facts
        .process
        .resources
        .iter()
        .filter(|resource| resource.kind.runs_jobs())
        .filter_map(|resource| examine(context, resource, circular.contains(&resource.id)))
        .collect()
}

fn examine<'a>(
    context: &Context<'a>,
    resource: &'a Resource,
    proved: bool,
) -> Option<Exhausted<'a>> {
    let workers = workers(context, resource);
    let waiting = context.waiting_tasks(resource).to_vec();
    let queued = !waiting.is_empty() || resource.size.is_some_and(|size| size > 0);
    let full = match (resource.limit, resource.used) {
        (Some(limit), Some(used)) => used >= limit,
        _ => proved,
    };
    let threads: Vec<&Thread> = workers
        .iter()
        .filter_map(|id| context.facts.thread(*id))
        .collect();
    let still = proved
        || threads
            .iter()
            .all(|thread| stands_still(context, thread) && keeps_its_job(context, thread))
            && !threads.iter().any(|thread| sleeps(thread));
    let internal = proved
        || threads.iter().all(|thread| {
            let wait = thread.waits_for.as_ref();
            let inside = wait.is_some_and(|wait| wait.kind.ends_inside());
            // What it takes from a pool, one who waits for a worker may have.
            let takes = wait.is_some_and(|wait| wait.kind == WaitKind::QueueGet)
                && culprit::takes_from_pool(&context.facts, thread.id);
            inside && (takes || context.graph.stuck(thread.id))
        });
    (queued && full && still && !workers.is_empty()).then_some(Exhausted {
        resource,
        workers,
        waiting,
        proved,
        internal,
    })
}

/// Busy workers. Those of a limiter are the threads that its borrowers wait for.
fn workers<'a>(context: &Context<'a>, resource: &Resource) -> Vec<ItemId> {
    let direct = context.graph.deps.needs(resource.id).map(|(id, _)| id);
    let mut workers: Vec<ItemId> = direct
        .flat_map(|id| {
            let of_task = context.graph.deps.needs(id).map(|(next, _)| next);
            let own = std::iter::once(id);
            match context.facts.task(id) {
                Some(_) => own.chain(of_task).collect::<Vec<_>>(),
                None => own.collect(),
            }
        })
        .filter(|id| {
            context
                .facts
                .thread(*id)
                .is_some_and(|t| !is_idle_worker(t))
        })
        .collect();
    workers.sort_by_cached_key(ItemId::to_string);
    workers.dedup();
    workers
}

/// Whether the thread is blocked at the same line as in every earlier sample.
pub(super) fn stands_still(context: &Context<'_>, thread: &Thread) -> bool {
    context.graph.stuck(thread.id)
        || (thread.state == ThreadState::Blocked
            && context.facts.progress.unchanged(thread.id)
            && !context.facts.progress.works(thread.id))
}

/// Whether the thread goes on by itself after some time.
pub(super) fn sleeps(thread: &Thread) -> bool {
    thread
        .waits_for
        .as_ref()
        .is_some_and(|wait| wait.kind == WaitKind::Sleep)
}

/// Whether the tasks that wait for the thread's job are the same as before.
fn keeps_its_job(context: &Context<'_>, thread: &Thread) -> bool {
    let mut waiting = context.graph.deps.needed_by(thread.id);
    waiting.all(|(id, _)| {
        context.facts.task(id).is_none()
            || !(context.facts.progress.moved(id) || context.facts.progress.is_new(id))
    })
}

/// How people call the first executor among resources.
pub(super) fn name_of(context: &Context<'_>, resources: &[ItemId]) -> String {
    let executor = resources
        .iter()
        .filter_map(|id| context.facts.resource(*id))
        .find(|resource| resource.kind.runs_jobs());
    executor.map_or_else(|| "a thread pool".to_owned(), |one| pool_name(context, one))
}

fn pool_name(context: &Context<'_>, resource: &Resource) -> String {
    match (&resource.name, resource.kind) {
        (Some(name), ResourceKind::Executor) => format!("thread pool \"{name}\""),
        (Some(name), ResourceKind::ProcessPool) => format!("process pool \"{name}\""),
        _ => context.facts.name(resource.id),
    }
}

fn describe(context: &Context<'_>, one: &Exhausted<'_>) -> Diagnosis {
    let resource = one.resource;
    let queued = resource.size.unwrap_or(one.waiting.len() as u64);
    let workers = one.workers.iter().copied();
    let confidence = match (one.proved, one.internal) {
        (true, _) => context.facts.proved(workers.clone()),
        (false, true) if context.facts.progress.known => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let summary = format!(
        "{} is exhausted: {} of {} busy and waiting at {}, {} queued",
        pool_name(context, resource),
        resource.used.unwrap_or(one.workers.len() as i64),
        count(
            resource.limit.unwrap_or(one.workers.len() as i64).max(0) as usize,
            "worker"
        ),
        one.workers
            .first()
            .map_or_else(String::new, |id| location(context.facts.frames(*id))),
        count(queued as usize, "job"),
    );
    Diagnosis {
        tasks: context.in_order(one.waiting.iter().copied()),
        threads: context.in_order(workers.clone()),
        resources: context.in_order([resource.id]),
        culprit: culprit::of_most(&context.facts, workers),
        affected_tasks: one.affected(context),
        hint: Some("do not wait inside a worker for what needs a worker itself".to_owned()),
        ..diagnosis(RULE.kind, confidence, summary)
    }
}
