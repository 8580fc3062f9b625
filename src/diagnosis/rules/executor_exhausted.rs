//! A pool of threads whose workers all wait, while jobs queue up.

use rustc_hash::FxHashSet;

use super::cycle::{Shape, of_shape};
use super::{count, is_idle_worker};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, POSSIBLE, finding, ids};
use crate::model::{Diagnosis, Resource, Thread, ThreadState};

const KINDS: [&str; 3] = ["executor", "process-pool", "limiter"];
/// Waits that only other code of this process ends.
const INTERNAL: [&str; 12] = [
    "queue-get",
    "queue-put",
    "queue-join",
    "future",
    "thread-lock",
    "lock",
    "event",
    "condition",
    "semaphore",
    "barrier",
    "thread",
    "executor",
];

/// An executor without a worker that could take a job.
pub struct Exhausted<'a> {
    pub resource: &'a Resource,
    pub workers: Vec<&'a str>,
    /// Tasks that wait for a worker.
    pub waiting: Vec<&'a str>,
    /// Whether it is part of a proved circle.
    pub proved: bool,
    /// Whether nothing outside of the process can free a worker.
    internal: bool,
}

impl Exhausted<'_> {
    /// Tasks behind the workers and in the queue.
    pub fn affected(&self, context: &Context<'_>) -> u64 {
        let own = std::iter::once(self.resource.id.as_str());
        context.affected(own.chain(self.workers.iter().copied()))
    }
}

/// Executors whose workers all wait.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = exhausted(context);
    found.iter().map(|one| describe(context, one)).collect()
}

/// The executors in circles, and those that are full and do not move.
pub fn exhausted<'a>(context: &Context<'a>) -> Vec<Exhausted<'a>> {
    let circular: FxHashSet<&str> = of_shape(context, Shape::Executor)
        .into_iter()
        .flat_map(|cycle| cycle.resources.iter().copied())
        .collect();
    context
        .process
        .resources
        .iter()
        .filter(|resource| KINDS.contains(&resource.kind.as_str()))
        .filter_map(|resource| examine(context, resource, circular.contains(&*resource.id)))
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
    let threads: Vec<&Thread> = workers.iter().filter_map(|id| context.thread(id)).collect();
    let still = proved
        || threads
            .iter()
            .all(|thread| stands_still(context, thread) && keeps_its_job(context, thread))
            && !threads.iter().any(|thread| sleeps(thread));
    let internal = proved
        || threads.iter().all(|thread| {
            let kind = thread.waits_for.as_ref().map(|wait| wait.kind.as_str());
            kind.is_some_and(|kind| INTERNAL.contains(&kind))
        });
    (queued && full && still && !workers.is_empty()).then_some(Exhausted {
        resource,
        workers,
        waiting,
        proved,
        internal,
    })
}

/// Busy workers: of a limiter those that its borrowers wait for.
fn workers<'a>(context: &Context<'a>, resource: &Resource) -> Vec<&'a str> {
    let direct = context.graph.needs(&resource.id).map(|(id, _)| id);
    let mut workers: Vec<&str> = direct
        .flat_map(|id| {
            let of_task = context.graph.needs(id).map(|(next, _)| next);
            let own = std::iter::once(id);
            match context.task(id) {
                Some(_) => own.chain(of_task).collect::<Vec<_>>(),
                None => own.collect(),
            }
        })
        .filter(|id| context.thread(id).is_some_and(|t| !is_idle_worker(t)))
        .collect();
    workers.sort_unstable();
    workers.dedup();
    workers
}

/// Blocked, and at the same place as in every earlier sample.
pub fn stands_still(context: &Context<'_>, thread: &Thread) -> bool {
    context.graph.stuck(&thread.id)
        || (thread.state == ThreadState::Blocked
            && context.progress.unchanged(&thread.id)
            && !context.progress.works(&thread.id))
}

/// Whether the thread goes on by itself, after some time.
pub fn sleeps(thread: &Thread) -> bool {
    thread
        .waits_for
        .as_ref()
        .is_some_and(|wait| wait.kind == "sleep")
}

/// Whether those that wait for the thread's job are the same as before.
fn keeps_its_job(context: &Context<'_>, thread: &Thread) -> bool {
    let mut waiting = context.graph.needed_by(&thread.id);
    waiting.all(|(id, _)| {
        context.task(id).is_none() || !(context.progress.moved(id) || context.progress.is_new(id))
    })
}

/// How people call the first executor among resources.
pub fn name_of(context: &Context<'_>, resources: &[&str]) -> String {
    let executor = resources
        .iter()
        .filter_map(|id| context.resource(id))
        .find(|resource| KINDS.contains(&resource.kind.as_str()));
    executor.map_or_else(|| "a thread pool".to_owned(), |one| pool_name(context, one))
}

fn pool_name(context: &Context<'_>, resource: &Resource) -> String {
    match (&resource.name, resource.kind.as_str()) {
        (Some(name), "executor") => format!("thread pool \"{name}\""),
        (Some(name), "process-pool") => format!("process pool \"{name}\""),
        _ => context.name(&resource.id),
    }
}

fn describe(context: &Context<'_>, one: &Exhausted<'_>) -> Diagnosis {
    let resource = one.resource;
    let queued = resource.size.unwrap_or(one.waiting.len() as u64);
    let workers = one.workers.iter().copied();
    let confidence = match (one.proved, one.internal) {
        (true, _) => context.proved(workers.clone()),
        (false, true) if context.progress.known => LIKELY,
        _ => POSSIBLE,
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
            .map_or_else(String::new, |id| super::place(context.frames(id))),
        count(queued as usize, "job"),
    );
    Diagnosis {
        tasks: ids(context, one.waiting.iter().copied()),
        threads: ids(context, workers.clone()),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of_most(context, workers),
        affected_tasks: one.affected(context),
        hint: Some("do not wait inside a worker for what needs a worker itself".to_owned()),
        ..finding("executor-exhausted", confidence, summary)
    }
}
