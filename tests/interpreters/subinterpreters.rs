//! Tasks and threads of sub-interpreters and of the main interpreter.

use std::path::Path;

use libtest_mimic::Trial;

use crate::support::compare::{self, Mismatches};
use crate::support::legs::{Leg, Manifest};
use crate::support::snapshot::Process;
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::Target;
use crate::support::truth::{self, Truth};
use crate::support::{Outcome, attach, none};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let lacks = |leg: &Leg| {
        let known = leg.minor() >= (3, 12);
        (!known).then(|| "no asyncio in sub-interpreters before 3.12".to_owned())
    };
    let tests: &[(&str, Test)] = &[("tasks_and_threads", tasks_and_threads)];
    on_every_leg(manifest, "subinterpreters", lacks, tests)
}

fn tasks_and_threads(leg: &Leg) -> Outcome {
    let (target, path) = Target::program(leg, "subinterpreters.py")?;
    let main: Truth = truth::read(&path)?;
    let process = attach::process(target.pid(), &["--max-pause", "30000"])?;
    let mut mismatches = Vec::new();
    for thread in &main.threads {
        mismatches.append(&mut thread_of_main(&process, thread));
    }
    for interpreter in &main.interpreters {
        let truth: Truth = truth::read(Path::new(&interpreter.truth))?;
        let mut found = of_one(&process, &truth, interpreter.id);
        mismatches.append(&mut found);
    }
    none(&mismatches)
}

/// A thread that has entered a sub-interpreter is one thread. Its frames there are
/// above those in the main interpreter, and its loop is the one of the sub-interpreter.
fn thread_of_main(process: &Process, truth: &truth::Thread) -> Vec<String> {
    let mut found = Mismatches::of(format!("thread {:?}", truth.name));
    let Some(ours) = compare::find_thread(process, truth) else {
        found.add("missing");
        return found.found;
    };
    found.equal("name", &ours.name, &truth.name);
    found.equal("daemon", &ours.daemon, &truth.daemon);
    found.equal("syscall", &ours.syscall, &truth.syscall);
    let functions: Vec<_> = ours.frames.iter().map(|frame| &frame.function).collect();
    let own: Vec<_> = truth
        .frames
        .iter()
        .flatten()
        .map(|frame| &frame.function)
        .collect();
    if !functions.ends_with(&own) {
        found.add(&format!(
            "frames: ours {functions:?}, of the main interpreter {own:?}"
        ));
    }
    if truth.name == "MainThread" {
        found.equal("loop", &ours.event_loop, &None);
    }
    found.found
}

fn of_one(process: &Process, truth: &Truth, number: i64) -> Vec<String> {
    let mut found = Mismatches::of(format!("interpreter {number}"));
    for task in &truth.tasks {
        match process.tasks.iter().find(|ours| ours.id == task.id) {
            Some(ours) => found.found.append(&mut compare::task(ours, task)),
            None => found.add(&format!("task {:?} is missing", task.name)),
        }
    }
    for thread in truth.threads.iter().filter(|thread| thread.case.is_some()) {
        match compare::find_thread(process, thread) {
            Some(ours) => found.found.append(&mut compare::thread(ours, thread)),
            None => found.add(&format!("thread {:?} is missing", thread.name)),
        }
    }
    for event_loop in &truth.loops {
        match process.loops.iter().find(|ours| ours.id == event_loop.id) {
            Some(ours) => found
                .found
                .append(&mut compare::event_loop(ours, event_loop)),
            None => found.add(&format!("loop {} is missing", event_loop.id)),
        }
    }
    found.found
}
