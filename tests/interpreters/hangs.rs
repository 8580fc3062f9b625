//! The tool's answers about programs that hang, each in its own way, and about healthy ones.
//!
//! Each test `hangs::LEG::PROGRAM` runs one program of `tests/hangs` and prints
//! its score and all mistakes. It fails when a chain is wrong or a healthy program
//! is called hung. `hangs::LEG::TOTALS` adds the scores of a leg up and compares
//! them with thresholds. A leg on which no program asks for a group fails.

mod answer;
mod expect;
mod graph;
mod ours;
mod perfect;
mod score;

use std::os::unix::process::CommandExt;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use self::expect::Expect;
use self::score::{Count, Score};
use crate::support::attach;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{ignored, once};
use crate::support::target::{self, Target, thread_states};
use crate::support::{Outcome, ensure, none, pause};

/// Legs with the same structures as another leg. Not in it is 3.13-debian: CPython
/// 3.13 changed its locks between two micro versions.
const TWINS: [&str; 4] = ["3.14d", "3.15d", "3.9-debian", "3.11-debian"];

/// At most so long after READY a program is given to come to rest.
const SETTLE: Duration = Duration::from_millis(500);

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let programs = match expect::programs() {
        Ok(programs) => Arc::new(programs),
        Err(why) => {
            let fails = Trial::test("hangs::PROGRAMS", move || Err(Failed::from(why)));
            return vec![vec![fails]];
        }
    };
    // Debug builds and second builds of a minor have the same structures: the
    // suites of the decoders run on them, too.
    let legs = manifest
        .legs
        .iter()
        .filter(|leg| !TWINS.contains(&&*leg.leg));
    let mut trials: Vec<_> = legs.map(|leg| of_leg(leg, &programs)).collect();
    trials.push(vec![once("hangs", "SCORER", None, perfect::scorer)]);
    trials
}

/// One program on one leg, which runs once: when its score is first asked for.
struct Run {
    program: usize,
    score: OnceLock<Result<Score, String>>,
}

/// All programs that run on one leg.
struct Runs {
    leg: Leg,
    programs: Arc<Vec<Expect>>,
    runs: Vec<Run>,
}

impl Runs {
    fn score(&self, number: usize) -> &Result<Score, String> {
        let run = &self.runs[number];
        run.score.get_or_init(|| {
            let expect = &self.programs[run.program];
            let score = score_of(&self.leg, expect);
            report(&self.leg, expect, &score);
            score
        })
    }
}

fn of_leg(leg: &Leg, programs: &Arc<Vec<Expect>>) -> Vec<Trial> {
    if let Some(why) = &leg.missing {
        return vec![ignored("hangs", &leg.leg, why)];
    }
    let mut trials = Vec::new();
    let mut runs = Vec::new();
    for (program, expect) in programs.iter().enumerate() {
        if !expect.runs_on(leg) {
            continue;
        }
        let unfit = [
            (expect.needs_heap, "the heap cannot be searched"),
            (expect.needs_gil, "it hangs only with a GIL"),
        ];
        let unfit = unfit.iter().find(|(needs, _)| *needs && leg.free_threaded);
        if let Some((_, why)) = unfit {
            let what = format!("{}: {why}", expect.name());
            trials.push(ignored("hangs", &leg.leg, &what));
            continue;
        }
        match lacks(leg, expect) {
            Some(package) => {
                let what = format!("{}: no {package}", expect.name());
                trials.push(ignored("hangs", &leg.leg, &what));
            }
            None => runs.push(Run {
                program,
                score: OnceLock::new(),
            }),
        }
    }
    let runs = Arc::new(Runs {
        leg: leg.clone(),
        programs: programs.clone(),
        runs,
    });
    for number in 0..runs.runs.len() {
        let name = programs[runs.runs[number].program].name();
        let (name, runs) = (format!("hangs::{}::{name}", leg.leg), runs.clone());
        trials.push(Trial::test(name, move || {
            judge(runs.score(number)).map_err(Failed::from)
        }));
    }
    let name = format!("hangs::{}::TOTALS", leg.leg);
    trials.push(Trial::test(name, move || {
        totals(&runs).map_err(Failed::from)
    }));
    trials
}

// ---------------------------------------------------------------- running

/// A package that the program needs and the leg lacks.
fn lacks<'a>(leg: &Leg, expect: &'a Expect) -> Option<&'a str> {
    let folder = leg.hangs_packages();
    let there = |name: &String| {
        let module = folder.as_ref().map(|folder| folder.join(name));
        module.is_some_and(|module| module.is_dir())
    };
    let missing = expect.requires.iter().find(|name| !there(name));
    missing.map(String::as_str)
}

/// Ends every process of a group, which a program and its children form.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        // This fails only when all have ended.
        let _ = killpg(self.0, Signal::SIGKILL);
    }
}

/// The group is dropped first: processes that survive their leader have no other owner.
struct Running {
    _group: Group,
    target: Target,
}

fn start(leg: &Leg, expect: &Expect) -> Result<Running, String> {
    let mut command = target::python(leg);
    if let Some(packages) = leg.hangs_packages().filter(|_| !expect.requires.is_empty()) {
        command.env("PYTHONPATH", packages);
    }
    if leg.debug {
        // The extension in multidict's wheel, for release builds, crashes debug builds.
        command.env("MULTIDICT_NO_EXTENSIONS", "1");
    }
    command
        .arg(expect::directory().join(&expect.program))
        .process_group(0);
    let target = Target::start(&expect.program, command)?;
    let leader = i32::try_from(target.pid()).map_err(|error| error.to_string())?;
    let mut running = Running {
        _group: Group(Pid::from_raw(leader)),
        target,
    };
    running.target.wait_ready()?;
    settle(running.target.pid());
    Ok(running)
}

/// Waits until no thread runs, or for at most `SETTLE`.
fn settle(pid: u32) {
    let deadline = Instant::now() + SETTLE;
    let mut quiet = 0;
    while quiet < 3 && Instant::now() < deadline {
        quiet = match thread_states(pid).contains('R') {
            true => 0,
            false => quiet + 1,
        };
        thread::sleep(Duration::from_millis(10));
    }
}

fn score_of(leg: &Leg, expect: &Expect) -> Result<Score, String> {
    let running = start(leg, expect)?;
    let pid = running.target.pid().to_string();
    let mut arguments = vec!["--pid", &pid, "--json", "--children"];
    arguments.extend(pause::of(leg));
    let output = attach::run(&arguments)?;
    if output.code() != Some(0) {
        return Err(format!("{}: {}", output.status, output.stderr));
    }
    let snapshot = serde_json::from_str(&output.stdout)
        .map_err(|error| format!("the JSON breaks the contract: {error}"))?;
    let truth = expect.truth(leg);
    Ok(Score::of(expect, truth.as_ref(), &snapshot))
}

// ---------------------------------------------------------------- judging

fn report(leg: &Leg, expect: &Expect, score: &Result<Score, String>) {
    let head = format!("hangs {:11} {:32}", leg.leg, expect.name());
    match score {
        Err(why) => println!("{head} {why}"),
        Ok(score) => {
            let mut lines = vec![format!("{head} {}", line(score))];
            let misses = score.misses.iter();
            lines.extend(misses.map(|miss| format!("      {miss}")));
            println!("{}", lines.join("\n"));
        }
    }
}

fn line(score: &Score) -> String {
    if score.healthy.of > 0 && score.kind.of == 0 {
        return format!("healthy {}", score.healthy);
    }
    format!(
        "chains {} leaves {} edges {} {} kind {} tasks {} culprit {}",
        score.chains,
        score.leaves,
        score.recall,
        score.precision,
        score.kind,
        score.tasks,
        score.culprit
    )
}

/// Checks chains and false alarms, which may never be wrong; `totals` judges the rest.
fn judge(score: &Result<Score, String>) -> Outcome {
    let score = score.as_ref().map_err(Clone::clone)?;
    ensure(score.judged() > 0, || "nothing was judged".into())?;
    if score.chains.is_full() && score.healthy.is_full() {
        return Ok(());
    }
    none(&score.misses)
}

fn totals(runs: &Runs) -> Outcome {
    let mut sum = Score::default();
    let mut failed = Vec::new();
    for number in 0..runs.runs.len() {
        match runs.score(number) {
            Ok(score) => sum.add(score),
            Err(why) => failed.push(why.clone()),
        }
    }
    let thresholds: [(&str, Count, f64); 7] = [
        ("chains", sum.chains, 100.0),
        ("leaves", sum.leaves, 95.0),
        ("edges found", sum.recall, 95.0),
        ("edges right", sum.precision, 95.0),
        ("kind and tasks", sum.diagnosis, 90.0),
        ("culprit", sum.culprit, 85.0),
        ("healthy", sum.healthy, 100.0),
    ];
    let shown = thresholds.map(|(name, count, _)| match count.percent() {
        Some(percent) => format!("{name} {count} ({percent:.1} %)"),
        None => format!("{name} {count}"),
    });
    println!("hangs {:11} TOTALS {}", runs.leg.leg, shown.join(", "));
    let below = thresholds.iter();
    failed.extend(below.filter_map(|(name, count, least)| count.below(name, *least)));
    none(&failed)
}
