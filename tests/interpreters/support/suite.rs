//! Turns programs and legs into named tests.
//!
//! A suite is one program of `tests/programs`. On every leg it is started once,
//! two snapshots of it are taken, and it is ended. Each of its cases and checks is
//! then one test, `SUITE::LEG::CASE`, of the snapshot with ample time to stop;
//! `SUITE::LEG::SHIPPED_PAUSE` repeats them all on the snapshot with the shipped
//! default. A leg that is missing is one ignored test that says why.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::process::{Child, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;

use libtest_mimic::{Arguments, Failed, Trial};

use super::Outcome;
use super::dump::{CHECKS, Check, Looks, right_with_the_shipped_pause};
use super::legs::{self, Leg, Manifest};
use super::target;

/// One test program with its cases.
pub struct Suite {
    name: &'static str,
    pub program: &'static str,
    /// More arguments for its snapshots.
    pub arguments: &'static [&'static str],
    /// A package that the program needs.
    package: Option<&'static str>,
}

impl Suite {
    /// A suite for every leg, without more arguments for its snapshots.
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

    /// Restricts the suite to legs that have this package.
    pub fn needs(mut self, package: &'static str) -> Self {
        self.package = Some(package);
        self
    }

    /// The reason why `leg` cannot run it; `None` where it can.
    fn lacks(&self, leg: &Leg) -> Option<String> {
        if let Some(why) = &leg.missing {
            return Some(why.clone());
        }
        let package = self.package?;
        (!leg.packages.contains_key(package)).then(|| format!("no {package} for it"))
    }
}

// ---------------------------------------------------------------- running

/// A test of one leg.
pub type Test = fn(&Leg) -> Outcome;

/// Tests `GROUP::LEG::NAME` that are not cases of a program: a list for each leg.
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

/// One test `GROUP::NAME` for no particular leg. It is ignored where `lacks` is a reason.
pub fn once(group: &str, name: &str, lacks: Option<String>, test: fn() -> Outcome) -> Trial {
    match lacks {
        Some(why) => Trial::test(format!("{group}::{name}::MISSING ({why})"), || Ok(()))
            .with_ignored_flag(true),
        None => Trial::test(format!("{group}::{name}"), move || {
            test().map_err(Failed::from)
        }),
    }
}

/// Runs the suites and all other tests, and returns the exit code of the test binary.
pub fn main(suites: Vec<Suite>, more: fn(&Manifest) -> Vec<Vec<Trial>>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Tests wait for their programs for a good part of their time.
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    arguments.test_threads.get_or_insert(processors + 1);
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

/// The cases of each program on one leg.
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

/// An ignored test, whose name says why it does not run.
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
type Judge = Box<dyn Fn(&Leg, &Looks) -> Outcome + Send>;

fn leg_trials(suite: &Arc<Suite>, leg: Leg, cases: Vec<String>) -> Vec<Trial> {
    let leg = Arc::new(leg);
    let looks: Arc<OnceLock<Result<Looks, String>>> = Arc::default();
    let trial = |name: String, judge: Judge| {
        let (suite, leg, looks) = (suite.clone(), leg.clone(), looks.clone());
        let full = format!("{}::{}::{name}", suite.name, leg.leg);
        Trial::test(full, move || {
            let looks = looks.get_or_init(|| Looks::take(&leg, &suite));
            let outcome = looks
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|looks| judge(&leg, looks));
            outcome.map_err(|why| Failed::from(format!("CPython {}: {why}", leg.version)))
        })
    };
    let of_case = |case: String| {
        let judged = case.clone();
        trial(
            case,
            Box::new(move |_: &Leg, looks: &Looks| looks.ample.case(&judged)),
        )
    };
    let of_check = |(name, check): (&str, Check)| {
        let judge = move |leg: &Leg, looks: &Looks| check(leg, &looks.ample);
        trial(name.into(), Box::new(judge))
    };
    let all = cases.clone();
    let shipped =
        move |leg: &Leg, looks: &Looks| right_with_the_shipped_pause(leg, &looks.shipped, &all);
    let shipped = trial("SHIPPED_PAUSE".into(), Box::new(shipped));
    let checks = CHECKS.map(of_check);
    let cases = cases.into_iter().map(of_case);
    cases.chain(checks).chain([shipped]).collect()
}

/// The first of each column, then the second of each. So parallel threads start on different legs.
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
