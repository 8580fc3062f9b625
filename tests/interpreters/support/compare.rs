//! Compares a snapshot with what the program knows about itself.
//!
//! Each function returns the mismatches, one line each, with both values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::{snapshot, truth};

/// A name longer than this may be cut.
const UNCUT_NAME: usize = 1000;

/// Collects mismatches of one subject.
pub struct Mismatches {
    subject: String,
    pub found: Vec<String>,
}

impl Mismatches {
    pub fn of(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            found: Vec::new(),
        }
    }

    pub fn add(&mut self, text: &str) {
        self.found.push(format!("{}: {text}", self.subject));
    }

    /// Adds a mismatch where `ours` differs from the truth.
    pub fn equal<T: PartialEq + Debug>(&mut self, field: &str, ours: &T, truth: &T) {
        if ours != truth {
            self.add(&format!("{field}: ours {ours:?}, truth {truth:?}"));
        }
    }

    /// Adds a mismatch where the truth is known and `ours` differs from it.
    pub fn equal_if_known<T: PartialEq + Debug>(
        &mut self,
        field: &str,
        ours: &Option<T>,
        truth: &Option<T>,
    ) {
        if truth.is_some() {
            self.equal(field, ours, truth);
        }
    }
}

// ---------------------------------------------------------------- frames

fn place(function: &str, file: Option<&str>, line: Option<u32>) -> String {
    let file = file.map_or("?", |file| file.rsplit('/').next().unwrap_or(file));
    format!(
        "{function} {file}:{}",
        line.map_or("?".into(), |line| line.to_string())
    )
}

fn summary<'a>(
    frames: impl ExactSizeIterator<Item = (&'a str, Option<&'a str>, Option<u32>)>,
) -> String {
    let count = frames.len();
    let shown: Vec<_> = frames
        .take(12)
        .map(|(function, file, line)| place(function, file, line))
        .collect();
    format!("{count} frames [{}]", shown.join(" < "))
}

/// Compares two lists of frames, both innermost first.
pub fn frames(subject: &str, ours: &[snapshot::Frame], truth: &[truth::Frame]) -> Vec<String> {
    let mut mismatches = Mismatches::of(subject);
    if ours.len() != truth.len() {
        mismatches.add(&format!(
            "ours {}, truth {}",
            summary(
                ours.iter()
                    .map(|f| (&*f.function, f.file.as_deref(), f.line))
            ),
            summary(
                truth
                    .iter()
                    .map(|f| (&*f.function, f.file.as_deref(), f.line))
            ),
        ));
        return mismatches.found;
    }
    for (index, (ours, truth)) in ours.iter().zip(truth).enumerate() {
        let at = place(&truth.function, truth.file.as_deref(), truth.line);
        let mut frame = Mismatches::of(format!("{subject}, frame {index} ({at})"));
        one_frame(&mut frame, ours, truth);
        mismatches.found.append(&mut frame.found);
    }
    mismatches.found
}

fn one_frame(frame: &mut Mismatches, ours: &snapshot::Frame, truth: &truth::Frame) {
    frame.equal("kind", &ours.kind, &truth.kind);
    frame.equal("function", &ours.function, &truth.function);
    if truth.kind != "native" && !is_qualname(&ours.qualname, truth) {
        let truth = truth
            .qualname
            .as_ref()
            .or(truth.coroutine_qualname.as_ref());
        frame.equal("qualname", &Some(&ours.qualname), &truth);
    }
    frame.equal("file", &ours.file, &truth.file);
    frame.equal("line", &ours.line, &truth.line);
    frame.equal_if_known("column", &ours.column, &truth.column);
    frame.equal_if_known("library", &Some(ours.library), &truth.library);
    frame.equal("error", &ours.error, &None);
}

/// A code object and its coroutine may have different qualified names. Before 3.11
/// code objects have none, and a running frame does not know its coroutine.
fn is_qualname(ours: &str, truth: &truth::Frame) -> bool {
    let known = [&truth.qualname, &truth.coroutine_qualname];
    if known.iter().any(|name| name.as_deref() == Some(ours)) {
        return true;
    }
    let last = ours.rsplit('.').next();
    truth.qualname.is_none()
        && last == Some(&truth.function)
        && (known[1].is_none() || ours == truth.function)
}

// ---------------------------------------------------------------- tasks

fn thread_id(native_id: u64) -> String {
    format!("thread:{native_id}")
}

fn shorten(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Compares one task.
pub fn task(ours: &snapshot::Task, truth: &truth::Task) -> Vec<String> {
    let subject = format!("task {:?} ({})", shorten(&truth.name), truth.id);
    let mut task = Mismatches::of(&subject);
    name(&mut task, &ours.name, &truth.name);
    if truth.name.len() <= UNCUT_NAME && !truth.name.is_empty() {
        task.equal(
            "name_is_default",
            &ours.name_is_default,
            &truth.name_is_default,
        );
    }
    task.equal("interpreter", &ours.interpreter, &truth.interpreter);
    task.equal_if_known("coroutine", &Some(ours.coroutine.clone()), &truth.coroutine);
    task.equal("type", &ours.type_name, &truth.type_name);
    task.equal("state", &ours.state, &truth.state);
    task.equal_if_known("started", &ours.started, &truth.started);
    task.equal_if_known("cancelling", &Some(ours.cancelling), &truth.cancelling);
    task.equal("must_cancel", &ours.must_cancel, &truth.must_cancel);
    task.equal("outcome", &ours.outcome, &truth.outcome);
    task.equal("loop", &ours.event_loop, &Some(truth.event_loop.clone()));
    task.equal_if_known("thread", &ours.thread, &truth.thread.map(thread_id));
    task.equal("error", &ours.error, &None);
    exception(&mut task, ours.exception.as_ref(), truth.exception.as_ref());
    created_at(
        &mut task,
        ours.created_at.as_deref(),
        truth.created_at.as_deref(),
    );
    if let Some(chain) = &truth.frames {
        task.found
            .append(&mut frames(&subject, &ours.frames, chain));
    }
    task.found
}

fn name(task: &mut Mismatches, ours: &str, truth: &str) {
    if truth.len() <= UNCUT_NAME {
        task.equal("name", &ours, &truth);
        return;
    }
    let start: String = truth.chars().take(UNCUT_NAME / 10).collect();
    if !ours.starts_with(&start) || ours.len() >= truth.len() || !ours.contains('…') {
        task.add(&format!(
            "a name of {} bytes became {} bytes, without saying so: {:?}",
            truth.len(),
            ours.len(),
            shorten(ours)
        ));
    }
}

fn exception(
    task: &mut Mismatches,
    ours: Option<&snapshot::Exception>,
    truth: Option<&truth::Exception>,
) {
    let (Some(ours), Some(truth)) = (ours, truth) else {
        let (ours, truth) = (ours.map(|e| &e.type_name), truth.map(|e| &e.type_name));
        task.equal("exception", &ours, &truth);
        return;
    };
    if ours.type_name.rsplit('.').next() != Some(&truth.type_name) {
        task.equal("exception.type", &ours.type_name, &truth.type_name);
    }
    task.equal("exception.message", &ours.message, &truth.message);
    task.equal("exception.retrieved", &ours.retrieved, &truth.retrieved);
    let (ours, truth) = (places_of_frames(&ours.frames), places(&truth.frames));
    task.equal("exception.frames", &ours, &truth);
}

fn places_of_frames(frames: &[snapshot::Frame]) -> Vec<String> {
    let place = |f: &snapshot::Frame| place(&f.function, f.file.as_deref(), f.line);
    frames.iter().map(place).collect()
}

fn places(places: &[truth::Place]) -> Vec<String> {
    let place = |p: &truth::Place| place(&p.function, Some(&p.file), Some(p.line));
    places.iter().map(place).collect()
}

fn created_at(
    task: &mut Mismatches,
    ours: Option<&[snapshot::Frame]>,
    truth: Option<&[truth::Place]>,
) {
    let (ours, truth) = (ours.map(places_of_frames), truth.map(places));
    task.equal("created_at", &ours, &truth);
}

// ---------------------------------------------------------------- threads and loops

/// Compares one thread, which sleeps.
pub fn thread(ours: &snapshot::Thread, truth: &truth::Thread) -> Vec<String> {
    let subject = format!("thread {:?}", truth.name);
    let mut thread = Mismatches::of(&subject);
    thread.equal("name", &ours.name, &truth.name);
    thread.equal("interpreter", &ours.interpreter, &truth.interpreter);
    if let Some(native_id) = truth.native_id {
        thread.equal("native_id", &ours.native_id, &native_id);
        thread.equal("id", &ours.id, &thread_id(native_id));
    }
    thread.equal("daemon", &ours.daemon, &truth.daemon);
    thread.equal("state", &&*ours.state, &"blocked");
    thread.equal("holds_gil", &ours.holds_gil.unwrap_or(false), &false);
    thread.equal_if_known("syscall", &ours.syscall, &truth.syscall);
    thread.equal("loop", &ours.event_loop, &truth.event_loop);
    thread.equal("task", &ours.task, &truth.task);
    if let Some(task) = &truth.task {
        let innermost = ours.frames.iter().find(|frame| frame.kind == "coroutine");
        let owner = innermost.and_then(|frame| frame.owner.as_ref());
        thread.equal("owner of the innermost coroutine", &owner, &Some(task));
    }
    thread.equal("error", &ours.error, &None);
    if let Some(stack) = &truth.frames {
        thread
            .found
            .append(&mut frames(&subject, &ours.frames, stack));
    }
    thread.found
}

/// Finds a thread by the kernel's id, or by name where the program does not know the id.
pub fn find_thread<'a>(
    process: &'a snapshot::Process,
    truth: &truth::Thread,
) -> Option<&'a snapshot::Thread> {
    process.threads.iter().find(|thread| {
        thread.interpreter == truth.interpreter
            && match truth.native_id {
                Some(native_id) => thread.native_id == native_id,
                None => thread.name == truth.name,
            }
    })
}

/// Compares one loop.
pub fn event_loop(ours: &snapshot::Loop, truth: &truth::Loop) -> Vec<String> {
    let mut event_loop = Mismatches::of(format!("loop {}", truth.id));
    event_loop.equal("class", &ours.class_name, &truth.class_name);
    event_loop.equal("interpreter", &ours.interpreter, &truth.interpreter);
    event_loop.equal("state", &ours.state, &truth.state);
    event_loop.equal("running", &ours.running, &truth.running);
    let opaque = truth.class_name.starts_with("uvloop.");
    for (field, ours, truth) in [
        ("closed", ours.closed, truth.closed),
        ("debug", ours.debug, truth.debug),
    ] {
        if !(opaque && ours.is_none()) {
            event_loop.equal(field, &ours, &Some(truth));
        }
    }
    event_loop.equal_if_known("thread", &ours.thread, &truth.thread.map(thread_id));
    event_loop.equal_if_known("ready", &ours.ready, &truth.ready);
    event_loop.equal_if_known("timers", &ours.timers, &truth.timers);
    event_loop.equal("error", &ours.error, &None);
    event_loop.found
}

// ---------------------------------------------------------------- edges

/// Compares the edges between tasks that start at one of `from`.
///
/// An edge that is not stated must not exist. Edges to anything but tasks are ignored.
pub fn edges(
    process: &snapshot::Process,
    stated: &[&truth::Edge],
    from: &BTreeSet<&str>,
    names: &BTreeMap<&str, &str>,
) -> Vec<String> {
    let mut mismatches = Mismatches::of("edges");
    let show = |id: &str| format!("{:?}", names.get(id).copied().unwrap_or(id));
    let mut ours: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for edge in process.edges.iter() {
        if from.contains(&*edge.from) && names.contains_key(&*edge.to) {
            ours.entry((&*edge.from, &*edge.to))
                .or_default()
                .push(&edge.via);
        }
    }
    for edge in stated {
        let arrow = format!("{} -> {}", show(&edge.from), show(&edge.to));
        match (ours.remove(&(&*edge.from, &*edge.to)), &edge.via) {
            (None, via) => mismatches.add(&format!("missing: {arrow} via {via:?}")),
            (Some(found), Some(via)) if !found.contains(&&**via) => {
                mismatches.add(&format!("{arrow}: ours via {found:?}, truth via {via:?}"));
            }
            (Some(found), _) if found.len() > 1 => {
                mismatches.add(&format!("{arrow}: {} times, via {found:?}", found.len()));
            }
            (Some(_), _) => {}
        }
        let awaited = process.tasks.iter().find(|task| task.id == edge.to);
        if !awaited.is_some_and(|task| task.awaited_by.contains(&edge.from)) {
            mismatches.add(&format!("{arrow}: missing in awaited_by"));
        }
    }
    for ((from, to), via) in ours {
        mismatches.add(&format!(
            "invented: {} -> {} via {via:?}",
            show(from),
            show(to)
        ));
    }
    mismatches.found
}
