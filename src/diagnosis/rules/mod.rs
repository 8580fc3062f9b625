//! The register of rules: one kind of finding and one file each.

mod blocked_loop;
mod cross_loop_deadlock;
mod cross_process_deadlock;
mod cross_process_wait;
mod cross_thread_deadlock;
mod dead_consumers;
mod deadlock_cycle;
mod executor_exhausted;
mod external_wait;
mod fork_inherited_lock;
mod held_by_suspended_asyncgen;
mod internal_wait;
mod leaked_lock;
mod leaked_permits;
mod livelock;
mod lock_convoy;
mod long_timer;
mod never_awaited;
mod orphan_task;
pub(super) mod orphan_wait;
mod pool_exhausted;
mod self_deadlock;
mod shield_leak;
mod shutdown_hang;
mod stuck_child;
mod stuck_executor_job;
mod subprocess_pipe_full;
mod swallowed_cancellation;
mod unretrieved_exception;

use super::context::Context;
use super::rule::{Finding, Rule};

/// All rules. Where two findings have the same rank, that of the earlier rule
/// comes first.
pub(super) const RULES: [&Rule; 29] = [
    &fork_inherited_lock::RULE,
    &cross_loop_deadlock::RULE,
    &cross_thread_deadlock::RULE,
    &cross_process_deadlock::RULE,
    &self_deadlock::RULE,
    &executor_exhausted::RULE,
    &pool_exhausted::RULE,
    &subprocess_pipe_full::RULE,
    &held_by_suspended_asyncgen::RULE,
    &leaked_lock::RULE,
    &leaked_permits::RULE,
    &never_awaited::RULE,
    &dead_consumers::RULE,
    &swallowed_cancellation::RULE,
    &blocked_loop::RULE,
    &deadlock_cycle::RULE,
    &stuck_executor_job::RULE,
    &orphan_wait::RULE,
    &shield_leak::RULE,
    &stuck_child::RULE,
    &shutdown_hang::RULE,
    &livelock::RULE,
    &lock_convoy::RULE,
    &cross_process_wait::RULE,
    &long_timer::RULE,
    &external_wait::RULE,
    &internal_wait::RULE,
    &unretrieved_exception::RULE,
    &orphan_task::RULE,
];

/// What all rules find, in the order of [`RULES`]. Rules that say something only where nothing is
/// an alarm are left out where another one finds an alarm.
pub(super) fn find_all(context: &Context<'_>) -> Vec<Finding> {
    let met = |rule: &&&'static Rule| rule.needs.are_met(&context.facts);
    let (alone, others): (Vec<&Rule>, Vec<&Rule>) =
        RULES.iter().filter(met).partition(|rule| rule.only_alone);
    let find = |rules: Vec<&'static Rule>| {
        rules.into_iter().flat_map(|rule| {
            let found = (rule.find)(context).into_iter();
            found.map(|diagnosis| Finding { rule, diagnosis })
        })
    };
    let mut found: Vec<Finding> = find(others).collect();
    if !found.iter().any(Finding::is_alarm) {
        found.extend(find(alone));
        found.sort_by_key(|one| RULES.iter().position(|rule| rule.kind == one.rule.kind));
    }
    found
}
