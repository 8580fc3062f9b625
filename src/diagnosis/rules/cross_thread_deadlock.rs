//! Threads that wait for each other, with or without a loop.

use super::cycle::{Cycle, Shape, in_words, of_shape};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::model::Diagnosis;

/// Circles over two or more threads.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = of_shape(context, Shape::CrossThread);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle<'_>) -> Diagnosis {
    let threads = || cycle.threads.iter().copied();
    let summary = format!(
        "threads {} block each other: {}",
        context.names(threads()),
        in_words(context, cycle)
    );
    Diagnosis {
        tasks: ids(context, cycle.tasks.iter().copied()),
        threads: ids(context, threads()),
        resources: ids(context, cycle.resources.iter().copied()),
        culprit: culprit::of_most(context, threads()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        hint: Some("take the locks in one order in all threads".to_owned()),
        ..finding("cross-thread-deadlock", context.proved(threads()), summary)
    }
}
