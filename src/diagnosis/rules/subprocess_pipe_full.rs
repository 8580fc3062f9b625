//! A child that writes to a pipe that nobody reads, or reads from one that nobody writes to,
//! while its end is waited for.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{base_name, verb};
use crate::model::{ChildProcess, Confidence, Diagnosis, DiagnosisKind, ItemId};

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
    let waiting: Vec<ItemId> = match cycle.tasks.is_empty() {
        true => cycle.threads.clone(),
        false => cycle.tasks.clone(),
    };
    let summary = format!(
        "{} {} for the end of {}, which is blocked {}",
        context.facts.names(&waiting),
        verb(waiting.len(), "wait"),
        who.map_or_else(|| context.facts.name(child), name),
        who.map_or_else(|| "on a pipe that nobody reads".to_owned(), pipe),
    );
    // Somebody who goes on may use the other ends of its pipes.
    let mut others = context.graph.deps.serving_children().iter();
    let serves = others.any(|id| !context.graph.stuck(*id));
    let actors = cycle.tasks.iter().chain(&cycle.threads).copied();
    Some(Diagnosis {
        tasks: context.in_order(tasks()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_first(&context.facts, actors.clone()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(tasks()),
        hint: Some(match who.is_some_and(ChildProcess::reads) {
            true => "close the pipe that it reads from, or use communicate()".to_owned(),
            false => "use communicate(), or read the pipe while waiting".to_owned(),
        }),
        ..diagnosis(
            RULE.kind,
            match serves {
                true => Confidence::Possible,
                false => context.facts.proved(actors),
            },
            summary,
        )
    })
}

fn name(child: &ChildProcess) -> String {
    let program = child.command.first().map(|path| base_name(path));
    format!("{} (pid {})", program.unwrap_or("its child"), child.pid)
}

fn pipe(child: &ChildProcess) -> String {
    let call = child.syscall.as_deref().unwrap_or("write");
    let file = match child.fd {
        Some(0) => " on stdin",
        Some(1) => " on stdout",
        Some(2) => " on stderr",
        Some(fd) => return state(child, &format!("in {call}() on fd {fd}")),
        None => "",
    };
    state(child, &format!("in {call}(){file}"))
}

fn state(child: &ChildProcess, at: &str) -> String {
    match child.reads() {
        true => format!("{at}, an empty pipe that nobody writes to or closes"),
        false => format!("{at}, a full pipe that nobody reads"),
    }
}
