//! A child that writes to a pipe that nobody reads, while its end is waited for.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{base_name, verb};
use crate::model::{ChildProcess, Diagnosis, DiagnosisKind};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::SubprocessPipeFull,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Circles through a child process.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = context.cycles_of(Shape::Process);
    let found = found.iter();
    found.filter_map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle) -> Option<Diagnosis> {
    let mut nodes = cycle.nodes.iter().copied();
    let child = nodes.find(|id| id.process().is_some())?;
    let who = context.facts.child(child);
    let tasks = || cycle.tasks.iter().copied();
    let waiting = match cycle.tasks.is_empty() {
        true => &cycle.threads,
        false => &cycle.tasks,
    };
    let summary = format!(
        "{} {} for the end of {}, which is blocked {} that nobody reads",
        context.facts.names(waiting),
        verb(waiting.len(), "wait"),
        who.map_or_else(|| context.facts.name(child), name),
        who.map_or_else(|| "on a pipe".to_owned(), pipe),
    );
    let actors = cycle.tasks.iter().chain(&cycle.threads).copied();
    Some(Diagnosis {
        tasks: context.in_order(tasks()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_first(&context.facts, actors.clone()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(tasks()),
        hint: Some("use communicate(), or read the pipe while waiting".to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(actors), summary)
    })
}

fn name(child: &ChildProcess) -> String {
    let program = child.command.first().map(|path| base_name(path));
    format!("{} (pid {})", program.unwrap_or("its child"), child.pid)
}

fn pipe(child: &ChildProcess) -> String {
    let call = child.syscall.as_deref().unwrap_or("write");
    match child.fd {
        Some(1) => format!("in {call}() on stdout, a full pipe"),
        Some(2) => format!("in {call}() on stderr, a full pipe"),
        Some(fd) => format!("in {call}() on fd {fd}, a full pipe"),
        None => format!("in {call}() on a full pipe"),
    }
}
