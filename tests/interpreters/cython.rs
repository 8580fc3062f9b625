//! Coroutines compiled by Cython: they are named, but have no Python frames.

use libtest_mimic::Trial;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::target::Target;
use crate::support::truth::{self, Truth};
use crate::support::{Outcome, ensure, pause};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let lacks = |leg: &Leg| (!leg.cython).then(|| "no dapper_cython for it".to_owned());
    on_every_leg(
        manifest,
        "cython",
        lacks,
        &[
            ("awaited_by_a_coroutine", awaited_by_a_coroutine),
            ("run_as_a_task", run_as_a_task),
        ],
    )
}

/// A task's coroutine, and kind and function of each of its frames.
type Shape = (String, Vec<(String, String)>);

/// The tasks that belong to a case.
fn tasks_of(leg: &Leg, case: &str) -> Result<Vec<Shape>, String> {
    let (target, path) = Target::program(leg, "cython_coroutines.py")?;
    let truth: Truth = truth::read(&path)?;
    let process = pause::shipped_process(target.pid(), &[])?;
    let of_case = truth
        .tasks
        .iter()
        .filter(|task| task.case.as_deref() == Some(case));
    of_case
        .map(|task| {
            let found = process.tasks.iter().find(|ours| ours.id == task.id);
            let ours = found.ok_or_else(|| format!("task {:?} is missing", task.name))?;
            let frames = ours.frames.iter();
            let frames = frames
                .map(|f| (f.kind.clone(), f.function.clone()))
                .collect();
            Ok((ours.coroutine.clone(), frames))
        })
        .collect()
}

fn is_native_and_named((kind, function): &(String, String)) -> bool {
    kind == "native" && (function.contains("outer") || function.contains("coroutine"))
}

fn awaited_by_a_coroutine(leg: &Leg) -> Outcome {
    let tasks = tasks_of(leg, "awaited_by_a_coroutine")?;
    let (_, frames) = tasks.first().ok_or("the program says nothing")?;
    let outermost = ("coroutine".to_owned(), "awaited_by_a_coroutine".to_owned());
    let right =
        frames.first().is_some_and(is_native_and_named) && frames.last() == Some(&outermost);
    ensure(right, || format!("the chain is {frames:?}"))
}

fn run_as_a_task(leg: &Leg) -> Outcome {
    let tasks = tasks_of(leg, "run_as_a_task")?;
    let task = tasks.iter().find(|(coroutine, _)| coroutine == "outer");
    let (_, frames) = task.ok_or_else(|| format!("no task of outer in {tasks:?}"))?;
    ensure(
        frames.iter().all(is_native_and_named) && !frames.is_empty(),
        || format!("the chain is {frames:?}"),
    )
}
