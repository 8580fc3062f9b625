//! Threads that wait for each other, with or without a loop.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape, has_file, in_words};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Diagnosis, DiagnosisKind, Resource};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::CrossThreadDeadlock,
    rank: Rank::ThreadDeadlock,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Circles over two or more threads.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = context.cycles_of(Shape::CrossThread);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle) -> Diagnosis {
    let threads = || cycle.threads.iter().copied();
    let summary = format!(
        "threads {} block each other: {}",
        context.facts.names(threads()),
        in_words(&context.facts, cycle)
    );
    let mut resources = cycle.resources.iter();
    let of_c = resources.any(|id| context.facts.resource(*id).is_some_and(Resource::is_native));
    let hint = match has_file(context, cycle) {
        true => "let one side write before it reads, or give the calls a timeout",
        false if of_c => {
            "a library in C keeps a lock while it calls Python, or the GIL while it takes the lock: \
             do not use one object of it in several threads, or update it"
        }
        false => "take the locks in one order in all threads",
    };
    Diagnosis {
        tasks: context.in_order(cycle.tasks.iter().copied()),
        threads: context.in_order(threads()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_circle(&context.facts, threads(), &cycle.resources),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        hint: Some(hint.to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(threads()), summary)
    }
}
