//! Why a process does not go on: rules over one snapshot and those before it.

mod across;
mod alive;
mod checks;
mod context;
mod culprit;
mod finding;
#[cfg(test)]
mod fixtures;
mod graph;
mod nodes;
mod progress;
mod rules;
pub mod source;
mod sources;
#[cfg(test)]
mod tests;
mod verdict;

pub use across::across;
pub use checks::{Check, checks};
pub use sources::{NoSources, Sources};

use context::Context;

use crate::model::{Diagnosis, Process, Verdict};

/// Kinds by their place in the chain of causes: what stands further left is
/// the reason for what stands further right. Kinds of one group are equal.
const ORDER: [&[&str]; 8] = [
    &["fork-inherited-lock"],
    &[
        "cross-loop-deadlock",
        "cross-thread-deadlock",
        "self-deadlock",
    ],
    &["executor-exhausted", "blocked-loop", "never-awaited"],
    &[
        "pool-exhausted",
        "deadlock-cycle",
        "held-by-suspended-asyncgen",
        "leaked-lock",
        "leaked-permits",
        "subprocess-pipe-full",
        "swallowed-cancellation",
        "dead-consumers",
        "shield-leak",
    ],
    &["orphan-wait"],
    &[
        "stuck-child",
        "shutdown-hang",
        "stuck-executor-job",
        "livelock",
    ],
    &[
        "lock-convoy",
        "cross-process-wait",
        "long-timer",
        "external-wait",
    ],
    &["unretrieved-exception", "orphan-task"],
];
/// Kinds that only matter while nothing hangs.
const ONLY_ALONE: [&str; 4] = ["external-wait", "long-timer", "lock-convoy", "orphan-task"];

/// Kinds of waits for something outside, which may come.
const OUTSIDE: [&str; 3] = ["external-wait", "stuck-executor-job", "long-timer"];

/// What was found in the last sample, compared with the earlier ones.
///
/// `earlier` is oldest first and may be empty, `interval_s` the time between
/// two samples. The root cause comes first.
pub fn diagnose(
    process: &Process,
    earlier: &[Process],
    interval_s: f64,
    sources: &dyn Sources,
) -> (Verdict, Vec<Diagnosis>) {
    let context = Context::new(process, earlier, interval_s, sources);
    let mut found: Vec<Diagnosis> = rules::RULES
        .iter()
        .flat_map(|rule| rule(&context))
        .collect();
    // A guess never stands before what is known; within one rank the wider
    // one comes first.
    found.sort_by_key(|one| {
        let guess = one.confidence == finding::POSSIBLE;
        (
            guess,
            rank(&one.kind),
            std::cmp::Reverse(one.affected_tasks),
        )
    });
    if found.iter().any(verdict::is_hang) || found.iter().any(|one| one.kind == "blocked-loop") {
        found.retain(|one| !ONLY_ALONE.contains(&one.kind.as_str()));
    }
    let verdict = verdict::judge(&context, &found);
    if verdict.state == "busy" {
        // While the process works, a wait that did not end between two looks
        // is no finding.
        found.retain(|one| {
            one.confidence != finding::POSSIBLE || !OUTSIDE.contains(&one.kind.as_str())
        });
    }
    (verdict, found)
}

fn rank(kind: &str) -> usize {
    ORDER
        .iter()
        .position(|group| group.contains(&kind))
        .unwrap_or(ORDER.len())
}
