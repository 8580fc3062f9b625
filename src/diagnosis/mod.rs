//! Why a process does not go on: rules over one snapshot and those before it.

mod across;
mod alive;
mod checks;
mod context;
mod culprit;
mod cycle;
mod dependencies;
mod dependency;
mod enders;
mod facts;
#[cfg(test)]
mod fixtures;
mod frames;
mod graph;
mod other_ends;
mod parked;
mod progress;
mod released;
mod rule;
mod rules;
mod shared;
pub mod source;
mod sources;
#[cfg(test)]
mod tests;
mod verdict;
mod wording;

use std::cmp::Reverse;

pub use across::across;
pub use checks::{Check, checks};
pub use sources::{NoSources, Sources};

use context::Context;
use dependency::Dependency;
use enders::Enders;
use rule::{Finding, Meaning, Rank};

use crate::model::{Diagnosis, IdSet, ItemId, OtherEnd, Process, Verdict, VerdictState};

/// Drops waits of which nothing is known where other findings are about all who wait.
fn drop_explained(found: &mut Vec<Finding>) {
    let is_open = |one: &Finding| one.rule.rank == Rank::Unexplained;
    let ids = |one: &Finding| {
        let tasks = one.diagnosis.tasks.iter();
        tasks
            .chain(&one.diagnosis.threads)
            .copied()
            .collect::<Vec<ItemId>>()
    };
    let others = found.iter().filter(|one| !is_open(one));
    let explained: IdSet = others.flat_map(ids).collect();
    found.retain(|one| !is_open(one) || !ids(one).iter().all(|id| explained.contains(id)));
}

/// Whether the finding is about sockets and pipes of which this process has the other ends, too.
fn waits_for_itself(context: &Context<'_>, one: &Finding) -> bool {
    let mut resources = one.diagnosis.resources.iter().peekable();
    resources.peek().is_some()
        && resources.all(|id| {
            let resource = context.facts.resource(*id);
            let end = resource.and_then(|it| it.ends.as_ref());
            end.is_some_and(OtherEnd::is_own)
        })
}

/// What is concluded from the samples of a process.
#[derive(Debug)]
pub struct Judgement {
    /// How the process is.
    pub verdict: Verdict,
    /// The findings, root cause first.
    pub diagnoses: Vec<Diagnosis>,
    /// Who has the locks of these findings, where the snapshot has no holder: each holder with
    /// its name.
    pub holders: Vec<(ItemId, Vec<(ItemId, String)>)>,
}

/// Holders of the locks that these findings are about, where the snapshot has none.
fn found_holders(context: &Context<'_>, found: &[Finding]) -> Vec<(ItemId, Vec<(ItemId, String)>)> {
    let sure = found.iter().filter(|one| !one.is_guess());
    let resources = sure.flat_map(|one| &one.diagnosis.resources);
    let unheld = resources.filter(|id| {
        let resource = context.facts.resource(**id);
        resource.is_some_and(|it| it.kind.may_hide_holder() && it.holders.is_empty())
    });
    let holders = unheld.map(|id| {
        let needs = context.graph.deps.needs(*id);
        let holders = needs.filter(|(_, why)| *why == Dependency::HOLDS);
        let named = holders.map(|(holder, _)| (holder, context.facts.name(holder)));
        (*id, named.collect::<Vec<_>>())
    });
    holders.filter(|(_, found)| !found.is_empty()).collect()
}

/// What was found in the last sample, compared with the earlier ones.
///
/// `earlier` is oldest first and may be empty. `interval_s` is the planned time
/// between two samples in seconds.
pub fn diagnose(
    process: &Process,
    earlier: &[Process],
    interval_s: f64,
    sources: &dyn Sources,
) -> Judgement {
    let context = Context::new(process, earlier, interval_s, sources);
    let mut found = rules::find_all(&context);
    drop_explained(&mut found);
    // A guess never comes before what is known, nor what ends soon before a hang, nor a wait for
    // the process itself before a wait of which it is known who may end it: that is what the other
    // side may wait for. Within one rank, what affects more tasks comes first.
    let has_enders = |one: &Finding| {
        let mut resources = one.diagnosis.resources.iter();
        let found = |id: &ItemId| context.graph.deps.enders(*id);
        one.rule.rank == Rank::Unexplained
            && resources
                .any(|id| matches!(found(id), Some(Enders::These(some)) if !some.is_empty()))
    };
    let any_has_enders = found.iter().any(has_enders);
    found.sort_by_key(|one| {
        let affected = Reverse(one.diagnosis.affected_tasks);
        let ends_soon = one.rule.meaning == Meaning::Hung && one.recovers_soon();
        let for_itself = any_has_enders && one.is_guess() && waits_for_itself(&context, one);
        (
            one.is_guess(),
            ends_soon,
            for_itself,
            one.rule.rank,
            affected,
        )
    });
    let verdict = verdict::judge(&context, &found);
    if verdict.state == VerdictState::Busy {
        // While the process works, a wait that did not end between two samples
        // is no finding.
        found.retain(|one| !one.is_guess() || !one.rule.outside);
    }
    let holders = found_holders(&context, &found);
    let diagnoses = found.into_iter().map(|one| one.diagnosis);
    Judgement {
        verdict,
        diagnoses: diagnoses.collect(),
        holders,
    }
}
