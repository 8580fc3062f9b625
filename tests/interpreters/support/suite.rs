//! Turns programs and legs into named tests.
//!
//! A suite is one program of `tests/programs`. On every leg it is started once,
//! looked at once and ended; each of its cases and checks is then one test,
//! `SUITE::LEG::CASE`. A leg that is missing is one ignored test that says why.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};

use super::legs::{self, Leg, Manifest};
use super::snapshot::{Process, Snapshot};
use super::target::{self, Target};
use super::truth::{self, Truth};
use super::{Outcome, attach, compare, contract, locals, none};

/// Something that is right or wrong of a whole process.
pub type Check = fn(&Leg, &Dump) -> Outcome;

/// One test program with its cases.
pub struct Suite {
    name: &'static str,
    program: &'static str,
    /// More arguments for the look at it.
    arguments: &'static [&'static str],
    /// A package without which it does not run.
    package: Option<&'static str>,
}

impl Suite {
    /// A suite that every leg can have, looked at without more arguments.
    pub fn new(name: &'static str, program: &'static str) -> Self {
        Self {
            name,
            program,
            arguments: &[],
            package: None,
        }
    }

    pub fn arguments(mut self, arguments: &'static [&'static str]) -> Self {
        self.arguments = arguments;
        self
    }

    /// Only for legs that have this package.
    pub fn needs(mut self, package: &'static str) -> Self {
        self.package = Some(package);
        self
    }

    /// Why `leg` cannot have it.
    fn lacks(&self, leg: &Leg) -> Option<String> {
        if let Some(why) = &leg.missing {
            return Some(why.clone());
        }
        let package = self.package?;
        (!leg.packages.contains_key(package)).then(|| format!("no {package} for it"))
    }
}

/// One look at one program: what it knows of itself, and what the tool found.
pub struct Dump {
    pub truth: Truth,
    snapshot: Snapshot,
}

impl Dump {
    fn take(leg: &Leg, suite: &Suite) -> Result<Self, String> {
        let (mut target, path) = Target::program(leg, suite.program)?;
        let truth: Truth = truth::read(&path)?;
        let mut arguments = vec!["--max-pause", "30000"];
        arguments.extend(suite.arguments);
        let snapshot = attach::snapshot(target.pid(), &arguments)?;
        if !target.is_running_freely() {
            return Err("after the look the target no longer runs".into());
        }
        Ok(Self { truth, snapshot })
    }

    fn process(&self) -> &Process {
        // `dapper-attach --pid` without --children: `PROCESS_AND_READING` checks that it is the one.
        &self.snapshot.processes[0]
    }

    fn names(&self) -> BTreeMap<&str, &str> {
        let tasks = self.truth.tasks.iter();
        tasks.map(|task| (&*task.id, &*task.name)).collect()
    }

    /// Compares all that belongs to `case`.
    fn case(&self, case: &str) -> Outcome {
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

/// Every task is there once, and nothing else but tasks that are done.
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

/// Threads and loops of no case: the main thread, its loop.
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

/// What the process is, and that it was read without complaint.
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

const CHECKS: [(&str, Check); 4] = [
    ("CONTRACT", contract),
    ("EVERY_TASK_ONCE", every_task_once),
    (
        "THREADS_AND_LOOPS_OF_THE_RUNNER",
        threads_and_loops_of_the_runner,
    ),
    ("PROCESS_AND_READING", process_and_reading),
];

// ---------------------------------------------------------------- running

/// Something that is right or wrong of a leg.
pub type Test = fn(&Leg) -> Outcome;

/// Tests `GROUP::LEG::NAME` that are no cases of a program: a list for each leg.
pub fn on_every_leg(
    manifest: &Manifest,
    group: &str,
    lacks: fn(&Leg) -> Option<String>,
    tests: &[(&str, Test)],
) -> Vec<Vec<Trial>> {
    let of_leg = |leg: &Leg| {
        if let Some(why) = leg.missing.clone().or_else(|| lacks(leg)) {
            return vec![ignored(group, &leg.leg, &why)];
        }
        let trial = |&(name, test): &(&str, Test)| {
            let leg = leg.clone();
            Trial::test(format!("{group}::{}::{name}", leg.leg), move || {
                test(&leg).map_err(|why| Failed::from(format!("CPython {}: {why}", leg.version)))
            })
        };
        tests.iter().map(trial).collect()
    };
    manifest.legs.iter().map(of_leg).collect()
}

/// One test `GROUP::NAME` of no particular leg; ignored where `lacks` says why.
pub fn once(group: &str, name: &str, lacks: Option<String>, test: fn() -> Outcome) -> Trial {
    match lacks {
        Some(why) => Trial::test(format!("{group}::{name}::MISSING ({why})"), || Ok(()))
            .with_ignored_flag(true),
        None => Trial::test(format!("{group}::{name}"), move || {
            test().map_err(Failed::from)
        }),
    }
}

/// Runs suites, and tests that are written out, and ends the test binary.
pub fn main(suites: Vec<Suite>, more: fn(&Manifest) -> Vec<Vec<Trial>>) -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match legs::manifest() {
        Ok(manifest) => {
            let mut columns = columns(suites, &manifest);
            columns.extend(more(&manifest));
            interleave(columns)
        }
        Err(reason) => vec![Trial::test("INTERPRETERS", move || {
            Err(Failed::from(reason))
        })],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The cases of each program, as one leg has them.
type Cases = BTreeMap<String, Vec<String>>;

/// The trials of all suites: a list for each leg and suite.
fn columns(suites: Vec<Suite>, manifest: &Manifest) -> Vec<Vec<Trial>> {
    let suites: Vec<_> = suites.into_iter().map(Arc::new).collect();
    let listings: Vec<_> = manifest
        .legs
        .iter()
        .map(|leg| (leg, start_listing(leg, &suites)))
        .collect();
    let mut columns = Vec::new();
    for (leg, listing) in listings {
        let cases = listing.and_then(finish_listing);
        columns.extend(suites.iter().map(|suite| column(suite, leg, &cases)));
    }
    columns
}

/// The trials of one suite on one leg.
fn column(suite: &Arc<Suite>, leg: &Leg, cases: &Result<Cases, String>) -> Vec<Trial> {
    match (suite.lacks(leg), cases) {
        (Some(why), _) => vec![ignored(suite.name, &leg.leg, &why)],
        (None, Ok(cases)) => {
            let program = suite.program.trim_end_matches(".py");
            leg_trials(
                suite,
                leg.clone(),
                cases.get(program).cloned().unwrap_or_default(),
            )
        }
        (None, Err(why)) => {
            let (name, why) = (format!("{}::{}::LISTING", suite.name, leg.leg), why.clone());
            vec![Trial::test(name, move || Err(Failed::from(why)))]
        }
    }
}

/// A test that is visibly not run.
pub fn ignored(suite: &str, leg: &str, why: &str) -> Trial {
    Trial::test(format!("{suite}::{leg}::MISSING ({why})"), || Ok(())).with_ignored_flag(true)
}

fn start_listing(leg: &Leg, suites: &[Arc<Suite>]) -> Result<Child, String> {
    if let Some(why) = &leg.missing {
        return Err(why.clone());
    }
    let programs = suites.iter().filter(|suite| suite.lacks(leg).is_none());
    let mut command = target::python(leg);
    command
        .arg(target::programs().join("list_cases.py"))
        .args(programs.map(|suite| suite.program.trim_end_matches(".py")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))
}

fn finish_listing(child: Child) -> Result<Cases, String> {
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("list_cases.py: {}", output.status));
    }
    let mut cases = Cases::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let (program, case) = line
            .split_once(' ')
            .ok_or_else(|| format!("list_cases.py: {line:?}"))?;
        cases
            .entry(program.to_owned())
            .or_default()
            .push(case.to_owned());
    }
    Ok(cases)
}

/// A check, or the comparison of one case.
type Judge = Box<dyn Fn(&Leg, &Dump) -> Outcome + Send>;

fn leg_trials(suite: &Arc<Suite>, leg: Leg, cases: Vec<String>) -> Vec<Trial> {
    let leg = Arc::new(leg);
    let dump: Arc<OnceLock<Result<Dump, String>>> = Arc::default();
    let trial = |name: String, judge: Judge| {
        let (suite, leg, dump) = (suite.clone(), leg.clone(), dump.clone());
        let full = format!("{}::{}::{name}", suite.name, leg.leg);
        Trial::test(full, move || {
            let dump = dump.get_or_init(|| Dump::take(&leg, &suite));
            let outcome = dump
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|dump| judge(&leg, dump));
            outcome.map_err(|why| Failed::from(format!("CPython {}: {why}", leg.version)))
        })
    };
    let of_case = |case: String| {
        let judged = case.clone();
        trial(
            case,
            Box::new(move |_: &Leg, dump: &Dump| dump.case(&judged)),
        )
    };
    let checks = CHECKS.map(|(name, check)| trial(name.into(), Box::new(check)));
    cases.into_iter().map(of_case).chain(checks).collect()
}

/// The first of each column, then the second of each: so that two threads start two legs.
fn interleave(columns: Vec<Vec<Trial>>) -> Vec<Trial> {
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    let mut trials = Vec::new();
    loop {
        let before = trials.len();
        trials.extend(columns.iter_mut().filter_map(Iterator::next));
        if trials.len() == before {
            return trials;
        }
    }
}
