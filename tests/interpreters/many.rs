//! Large programs: hundreds of threads, ten thousand tasks, a chain ten thousand deep.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dapper_attach::limits::Limits;
use dapper_attach::model::{self, Consistency};
use dapper_attach::sampling::sample::sample_process;
use dapper_attach::snapshot::options::{SampleOptions, Scope};
use libtest_mimic::Trial;
use serde::Deserialize;

use crate::support::compare::Mismatches;
use crate::support::legs::{Leg, Manifest};
use crate::support::snapshot::Process;
use crate::support::suite::on_every_leg;
use crate::support::target::Target;
use crate::support::{Outcome, attach, ensure, none, truth};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    on_every_leg(
        manifest,
        "many",
        |_| None,
        &[
            ("three_hundred_threads", three_hundred_threads),
            ("ten_thousand_tasks", ten_thousand_tasks),
            ("more_than_can_be_held", more_than_can_be_held),
            ("chain_ten_thousand_deep", chain_ten_thousand_deep),
        ],
    )
}

/// Ample for what is compared here; the pause itself is tested elsewhere.
const PAUSE: [&str; 2] = ["--max-pause", "60000"];

#[derive(Deserialize)]
struct Threads {
    native_ids: BTreeMap<String, u64>,
}

fn three_hundred_threads(leg: &Leg) -> Outcome {
    let (target, path) = Target::program(leg, "many_threads.py")?;
    let truth: Threads = truth::read(&path)?;
    let process = attach::process(target.pid(), &PAUSE)?;
    let mut mismatches = Vec::new();
    for (name, native_id) in &truth.native_ids {
        let Some(thread) = process.threads.iter().find(|t| t.native_id == *native_id) else {
            mismatches.push(format!("thread {name} ({native_id}) is missing"));
            continue;
        };
        let mut thread_mismatches = Mismatches::of(format!("thread {name}"));
        thread_mismatches.equal("name", &&thread.name, &name);
        let innermost = thread.frames.first().map(|frame| &*frame.function);
        thread_mismatches.equal("innermost frame", &innermost, &Some("sleep"));
        mismatches.append(&mut thread_mismatches.found);
    }
    none(&mismatches)?;
    ensure(truth.native_ids.len() == 300, || {
        format!("the program has {} threads", truth.native_ids.len())
    })
}

#[derive(Deserialize)]
struct Tasks {
    /// (the one that waits, the one it waits for)
    pairs: Vec<(String, String)>,
    sleeper_line: u32,
    waiter_line: u32,
}

fn ten_thousand_tasks(leg: &Leg) -> Outcome {
    let (target, path) = Target::program(leg, "many_tasks.py")?;
    let truth: Tasks = truth::read(&path)?;
    let process = attach::process(target.pid(), &PAUSE)?;
    let lines: BTreeMap<_, _> = process
        .tasks
        .iter()
        .map(|task| (&*task.id, task.frames.last().and_then(|frame| frame.line)))
        .collect();
    let edges: BTreeSet<_> = process
        .edges
        .iter()
        .map(|edge| (&*edge.from, &*edge.to))
        .collect();
    let mut mismatches = Mismatches::of("tasks");
    // All of them, and the main task.
    mismatches.equal("count", &lines.len(), &(2 * truth.pairs.len() + 1));
    for (waiting, awaited) in &truth.pairs {
        let line = |id: &String| lines.get(&**id).copied().flatten();
        mismatches.equal(waiting, &line(waiting), &Some(truth.waiter_line));
        mismatches.equal(awaited, &line(awaited), &Some(truth.sleeper_line));
        if !edges.contains(&(&**waiting, &**awaited)) {
            mismatches.add(&format!("{waiting} -> {awaited} is missing"));
        }
    }
    mismatches.found.truncate(20);
    none(&mismatches.found)?;
    let hurried = attach::process(target.pid(), &["--max-pause", "2"])?;
    pause_was_short(&hurried, process.tasks.len())?;
    not_stopped_in_time(&target, process.tasks.len())
}

/// A short `--max-pause` is kept, with tolerance for a busy machine, and the idle process is read completely.
fn pause_was_short(process: &Process, tasks: usize) -> Outcome {
    let read = &process.read;
    let short = read.stopped_us < 100_000;
    let said = read.consistency == "stopped" || read.note.is_some();
    ensure(short && said && process.tasks.len() == tasks, || {
        format!("{} of {tasks} tasks, {read:?}", process.tasks.len())
    })
}

/// With a pause of zero the process is not stopped but read while it runs.
fn not_stopped_in_time(target: &Target, tasks: usize) -> Outcome {
    let process = take(target, false, Duration::ZERO, Limits::default())?;
    ensure(
        process.read.note.is_some() && process.tasks.len() == tasks,
        || {
            format!(
                "{} of {tasks} tasks, {:?}",
                process.tasks.len(),
                process.read
            )
        },
    )
}

fn take(
    target: &Target,
    no_pause: bool,
    max_pause: Duration,
    limits: Limits,
) -> Result<model::Process, String> {
    let options = SampleOptions {
        locals: false,
        no_pause,
        max_pause,
        scope: Scope::Everything,
        limits,
    };
    sample_process(target.pid(), &options).map_err(|error| error.to_string())
}

/// Two megabytes, less than the tasks of the program take.
const FEW_PAGES: usize = 500;
/// Ample, for loaded machines.
const AMPLE: Duration = Duration::from_secs(60);

/// The result is the same when the cache cannot hold everything that is read.
fn more_than_can_be_held(leg: &Leg) -> Outcome {
    let (target, _truth) = Target::program(leg, "many_tasks.py")?;
    let few = || Limits {
        pages: FEW_PAGES,
        ..Limits::default()
    };
    let whole = take(&target, false, AMPLE, Limits::default())?;
    let mut mismatches = Mismatches::of("what was read");
    let consistency = |process: &model::Process| process.read.consistency;
    mismatches.equal("all", &consistency(&whole), &Consistency::Stopped);
    for (no_pause, expected) in [(false, Consistency::Running), (true, Consistency::Verified)] {
        let seen = take(&target, no_pause, AMPLE, few())?;
        let what = format!("no pause: {no_pause}");
        mismatches.equal(&what, &consistency(&seen), &expected);
        let (seen, whole) = (shape(&seen), shape(&whole));
        for differing in seen.symmetric_difference(&whole).take(5) {
            mismatches.add(&format!("{what}: only one has {differing}"));
        }
    }
    none(&mismatches.found)
}

/// Everything that does not change with time, without an order.
fn shape(process: &model::Process) -> BTreeSet<String> {
    let tasks = process.tasks.iter().map(|task| {
        let frames = (task.frames.iter()).map(|frame| (&frame.qualname, frame.line));
        let frames: Vec<_> = frames.collect();
        let kind = task.waits_for.as_ref().map(|wait| &wait.kind);
        let (id, state, by) = (&task.id, task.state, &task.awaited_by);
        format!("{id} {state:?} {frames:?} {kind:?} {by:?} {:?}", task.error)
    });
    let edges = process.edges.iter().map(|edge| format!("{edge:?}"));
    let resources = process.resources.iter().map(|resource| {
        let (id, name, waiters) = (&resource.id, &resource.name, &resource.waiters);
        format!("{id} {name:?} {waiters:?}")
    });
    let references = (process.references.iter())
        .map(|reference| format!("{} {} {}", reference.from, reference.path, reference.to));
    let coroutines = process.coroutines.iter().map(|it| it.id.to_string());
    let all = tasks.chain(edges).chain(resources).chain(references);
    all.chain(coroutines).collect()
}

#[derive(Deserialize)]
struct Chain {
    task: String,
    depth: usize,
    link_line: u32,
    innermost_line: u32,
}

fn chain_ten_thousand_deep(leg: &Leg) -> Outcome {
    let (target, path) = Target::program(leg, "deep_chain.py")?;
    let truth: Chain = truth::read(&path)?;
    let process = attach::process(target.pid(), &PAUSE)?;
    let task = process.tasks.iter().find(|task| task.id == truth.task);
    let frames = &task.ok_or("the task is missing")?.frames;
    let mut mismatches = Mismatches::of("chain");
    // never(), innermost(), and the links.
    mismatches.equal("length", &frames.len(), &(truth.depth + 2));
    let innermost = frames.get(1).map(|frame| (&*frame.function, frame.line));
    mismatches.equal(
        "second frame",
        &innermost,
        &Some(("innermost", Some(truth.innermost_line))),
    );
    let strange = frames.iter().skip(2).enumerate().find(|(_, frame)| {
        frame.function != "link" || frame.line != Some(truth.link_line) || frame.error.is_some()
    });
    if let Some((index, frame)) = strange {
        mismatches.add(&format!("frame {} is {frame:?}", index + 2));
    }
    none(&mismatches.found)
}
