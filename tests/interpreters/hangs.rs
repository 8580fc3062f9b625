//! Programs that hang, each in its own way, and healthy ones: is what the tool says of them right?
//!
//! Each test `hangs::LEG::PROGRAM` runs one program of `tests/hangs` and prints
//! its score and what was wrong; it fails when a chain is wrong or a healthy
//! program is called hung. `hangs::LEG::TOTALS` sums up and has the thresholds.

mod answer;
mod expect;
mod graph;
mod ours;
mod perfect;
mod score;

use std::os::unix::process::CommandExt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{fs, thread};

use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use self::expect::Expect;
use self::score::{Count, Score};
use crate::support::attach;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{ignored, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, none};

/// Legs that would say nothing new. 3.13 changed its locks between two micro
/// versions: both are run.
const TWINS: [&str; 4] = ["3.14d", "3.15d", "3.9-debian", "3.11-debian"];

/// How long a program that says it hangs may need until it stands still.
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

/// One program on one leg, run once, whoever asks first.
struct Run {
    program: usize,
    score: OnceLock<Result<Score, String>>,
}

/// All that runs on one leg.
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
            let score = look(&self.leg, expect);
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
        // It fails only when all have ended.
        let _ = killpg(self.0, Signal::SIGKILL);
    }
}

/// The group goes first: what is left of it when its leader is reaped has no other owner.
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

/// Waits until no thread runs, or for as long as such a wait is worth it.
fn settle(pid: u32) {
    let deadline = Instant::now() + SETTLE;
    let mut quiet = 0;
    while quiet < 3 && Instant::now() < deadline {
        quiet = if runs(pid) { 0 } else { quiet + 1 };
        thread::sleep(Duration::from_millis(10));
    }
}

fn runs(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let mut states = threads.map(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(')')
            .next()
            .map(|rest| rest.trim().chars().next())
    });
    states.any(|state| state == Some(Some('R')))
}

fn look(leg: &Leg, expect: &Expect) -> Result<Score, String> {
    let running = start(leg, expect)?;
    let pid = running.target.pid().to_string();
    let mut arguments = vec!["--pid", &pid, "--json", "--children"];
    // A loaded machine may need longer than the default to stop a thread.
    arguments.extend(["--max-pause", "30000"]);
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

/// What may never be wrong; the rest is judged as a whole by `totals`.
fn judge(score: &Result<Score, String>) -> Outcome {
    let score = score.as_ref().map_err(Clone::clone)?;
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
    let shown =
        thresholds.map(|(name, count, _)| format!("{name} {count} ({:.1} %)", count.percent()));
    println!("hangs {:11} TOTALS {}", runs.leg.leg, shown.join(", "));
    for (name, count, least) in thresholds {
        if count.percent() < least {
            let percent = count.percent();
            failed.push(format!(
                "{name}: {count} is {percent:.1} %, below {least} %"
            ));
        }
    }
    none(&failed)
}
