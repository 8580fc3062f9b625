//! Two snapshots of a program, compared with what it knows about itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::legs::Leg;
use super::snapshot::{Process, Snapshot};
use super::suite::Suite;
use super::target::Target;
use super::truth::{self, Truth};
use super::{Outcome, attach, compare, contract, locals, none, pause};

/// A check of a whole process.
pub type Check = fn(&Leg, &Dump) -> Outcome;

/// Two snapshots of one program, with ample time and with the shipped default.
pub struct Looks {
    pub ample: Dump,
    pub shipped: Dump,
}

impl Looks {
    pub fn take(leg: &Leg, suite: &Suite) -> Result<Self, String> {
        let (mut target, path) = Target::program(leg, suite.program)?;
        let truth: Arc<Truth> = Arc::new(truth::read(&path)?);
        let mut arguments = pause::AMPLE.to_vec();
        arguments.extend(suite.arguments);
        let ample = attach::snapshot(target.pid(), &arguments)?;
        let shipped = pause::shipped_snapshot(target.pid(), suite.arguments)?;
        if !target.is_running_freely() {
            return Err("after the snapshots the target no longer runs".into());
        }
        let dump = |snapshot| Dump {
            truth: truth.clone(),
            snapshot,
        };
        Ok(Self {
            ample: dump(ample),
            shipped: dump(shipped),
        })
    }
}

/// One snapshot of one program, and what the program knows about itself.
pub struct Dump {
    truth: Arc<Truth>,
    snapshot: Snapshot,
}

impl Dump {
    fn process(&self) -> &Process {
        // Without --children there is one process: `PROCESS_AND_READING` checks that it is the target.
        &self.snapshot.processes[0]
    }

    fn names(&self) -> BTreeMap<&str, &str> {
        let tasks = self.truth.tasks.iter();
        tasks.map(|task| (&*task.id, &*task.name)).collect()
    }

    /// Compares everything that belongs to `case`.
    pub fn case(&self, case: &str) -> Outcome {
        let of_case = |name: &Option<String>| name.as_deref() == Some(case);
        let mut mismatches = Vec::new();
        let mut compared = 0;
        for truth in self.truth.tasks.iter().filter(|t| of_case(&t.case)) {
            compared += 1;
            match self.process().tasks.iter().find(|task| task.id == truth.id) {
                Some(ours) => mismatches.append(&mut compare::task(ours, truth)),
                None => mismatches.push(format!(
                    "task {:?} ({}, {}) is missing",
                    truth.name, truth.id, truth.state
                )),
            }
        }
        for truth in self.truth.threads.iter().filter(|t| of_case(&t.case)) {
            compared += 1;
            mismatches.append(&mut self.thread(truth));
        }
        for truth in self.truth.loops.iter().filter(|l| of_case(&l.case)) {
            compared += 1;
            mismatches.append(&mut self.event_loop(truth));
        }
        for expected in self.truth.locals.iter().filter(|l| of_case(&l.case)) {
            mismatches.append(&mut locals::frame(self.process(), expected));
        }
        for truth in self.truth.coroutines.iter().filter(|c| of_case(&c.case)) {
            mismatches.append(&mut self.coroutine(truth));
        }
        if !self.truth.edges.is_empty() {
            mismatches.append(&mut self.edges(case));
        }
        if compared == 0 {
            mismatches.push("the program says nothing of this case".into());
        }
        none(&mismatches)
    }

    fn thread(&self, truth: &truth::Thread) -> Vec<String> {
        match compare::find_thread(self.process(), truth) {
            Some(ours) => compare::thread(ours, truth),
            None => vec![format!(
                "thread {:?} ({:?}) is missing",
                truth.name, truth.native_id
            )],
        }
    }

    fn event_loop(&self, truth: &truth::Loop) -> Vec<String> {
        match self
            .process()
            .loops
            .iter()
            .find(|found| found.id == truth.id)
        {
            Some(ours) => compare::event_loop(ours, truth),
            None => vec![format!("loop {} is missing", truth.id)],
        }
    }

    fn coroutine(&self, truth: &truth::Coroutine) -> Vec<String> {
        let mut found = self.process().coroutines.iter();
        match found.find(|c| c.qualname == truth.qualname) {
            Some(ours) => {
                let subject = format!("coroutine {}", truth.qualname);
                let mut mismatches = compare::Mismatches::of(&subject);
                mismatches.equal("state", &ours.state, &truth.state);
                let mut frames = compare::frames(&subject, &ours.frames, &truth.frames);
                mismatches.found.append(&mut frames);
                mismatches.found
            }
            None => vec![format!("coroutine {} is missing", truth.qualname)],
        }
    }

    fn edges(&self, case: &str) -> Vec<String> {
        let of_case = |name: &Option<String>| name.as_deref() == Some(case);
        let tasks = self.truth.tasks.iter().filter(|task| of_case(&task.case));
        let from: BTreeSet<_> = tasks.map(|task| &*task.id).collect();
        let stated = self.truth.edges.iter().filter(|edge| of_case(&edge.case));
        let stated: Vec<_> = stated.collect();
        compare::edges(self.process(), &stated, &from, &self.names())
    }
}

// ---------------------------------------------------------------- checks of every suite

/// Every task is listed once. Beyond those of the truth only tasks that are done may be listed.
fn every_task_once(_: &Leg, dump: &Dump) -> Outcome {
    let mut mismatches = Vec::new();
    let mut seen = BTreeSet::new();
    let known: BTreeSet<_> = dump.truth.tasks.iter().map(|task| &task.id).collect();
    for task in &dump.process().tasks {
        if !seen.insert(&task.id) {
            mismatches.push(format!("{} {:?} is there twice", task.id, task.name));
        }
        let ignored = dump.truth.ignored.contains(&task.id) || task.state == "done";
        if !known.contains(&task.id) && !ignored {
            mismatches.push(format!("{} {:?} is not in the truth", task.id, task.name));
        }
    }
    for task in &dump.truth.tasks {
        if !seen.contains(&task.id) {
            mismatches.push(format!(
                "{} {:?} ({:?}) is missing",
                task.id, task.name, task.case
            ));
        }
    }
    none(&mismatches)
}

/// The threads and loops that belong to no case: the main thread and its loop.
fn threads_and_loops_of_the_runner(_: &Leg, dump: &Dump) -> Outcome {
    let mut mismatches = Vec::new();
    for thread in dump.truth.threads.iter().filter(|t| t.case.is_none()) {
        mismatches.append(&mut dump.thread(thread));
    }
    for event_loop in &dump.truth.loops {
        if event_loop.case.as_deref() == Some("runner") || event_loop.case.is_none() {
            mismatches.append(&mut dump.event_loop(event_loop));
        }
    }
    for thread in &dump.process().threads {
        let known = dump.truth.threads.iter().any(|truth| {
            compare::find_thread(dump.process(), truth)
                .is_some_and(|found| std::ptr::eq(found, thread))
        });
        if !known && thread.name != "oracle-dumper" && thread.interpreter == 0 {
            mismatches.push(format!("thread {:?} is not in the truth", thread.name));
        }
    }
    none(&mismatches)
}

/// Facts about the process, and that it was read without errors.
fn process_and_reading(leg: &Leg, dump: &Dump) -> Outcome {
    let process = dump.process();
    let mut mismatches = compare::Mismatches::of("process");
    mismatches.equal("pid", &process.pid, &dump.truth.pid);
    let (major, minor, micro) = dump.truth.version;
    let version = format!("{major}.{minor}.{micro}");
    mismatches.equal("version", &process.python.version, &version);
    mismatches.equal("debug", &process.python.debug, &leg.debug);
    mismatches.equal(
        "free_threaded",
        &process.python.free_threaded,
        &leg.free_threaded,
    );
    mismatches.equal("consistency", &&*process.read.consistency, &"stopped");
    mismatches.equal("asyncio_imported", &process.asyncio_imported, &true);
    mismatches.equal("errors", &process.errors, &Vec::new());
    mismatches.equal("parent_pid", &process.parent_pid, &Some(std::process::id()));
    none(&mismatches.found)
}

fn contract(_: &Leg, dump: &Dump) -> Outcome {
    contract::check(&dump.snapshot)
}

pub const CHECKS: [(&str, Check); 4] = [
    ("CONTRACT", contract),
    ("EVERY_TASK_ONCE", every_task_once),
    (
        "THREADS_AND_LOOPS_OF_THE_RUNNER",
        threads_and_loops_of_the_runner,
    ),
    ("PROCESS_AND_READING", process_and_reading),
];

/// With the shipped default of `--max-pause` all cases and checks hold as well.
pub fn right_with_the_shipped_pause(leg: &Leg, dump: &Dump, cases: &[String]) -> Outcome {
    let named = |name: &str, outcome: Outcome| outcome.err().map(|why| format!("{name}: {why}"));
    let of_cases = cases.iter().filter_map(|case| named(case, dump.case(case)));
    let of_checks = CHECKS.iter();
    let of_checks = of_checks.filter_map(|(name, check)| named(name, check(leg, dump)));
    let mismatches: Vec<_> = of_cases.chain(of_checks).collect();
    none(&mismatches)
}
