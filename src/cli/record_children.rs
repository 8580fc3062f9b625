//! `dapper-attach record --children`: a process and all Python processes below it, each into a file
//! of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::record::{Signals, note, path, record};
use super::record_arguments::RecordArguments;
use crate::inspect::profiling::Recorder;
use crate::inspect::watching::LOADING;
use crate::plain_text::clean;
use crate::process::{Error, Process};

/// Processes that began are looked for so often.
const PERIOD: Duration = Duration::from_millis(200);

/// Records the process in one thread, and each process below it in one of its own, until the
/// recording of the process itself has ended.
///
/// # Errors
/// If the process itself cannot be recorded. Of a child that cannot, a line on stderr says so.
pub(super) fn run(
    recorder: Recorder,
    arguments: &RecordArguments,
    file: Option<PathBuf>,
    signals: &Signals,
    launched: bool,
) -> Result<(), Failure> {
    let process = Process::open(recorder.process().pid)?;
    thread::scope(|scope| {
        let of_root = signals.of_another();
        let mut all = vec![Arc::clone(&of_root.write)];
        let root_file = file.clone();
        let root = scope.spawn(move || record(recorder, arguments, root_file, &of_root, launched));
        let mut known = BTreeSet::new();
        while !root.is_finished() {
            if signals.write.swap(false, Ordering::Relaxed) {
                all.iter().for_each(|it| it.store(true, Ordering::Relaxed));
            }
            let now: BTreeSet<u32> = process.children().into_iter().collect();
            known.retain(|pid| now.contains(pid));
            for pid in now {
                if known.insert(pid) {
                    let own = signals.of_another();
                    all.push(Arc::clone(&own.write));
                    let file = file.clone();
                    scope.spawn(move || child(arguments, file.as_deref(), pid, &own));
                }
            }
            sleep(PERIOD);
        }
        // What is left of the tree is written as far as it was recorded.
        signals.end.store(true, Ordering::Relaxed);
        match root.join() {
            Ok(recorded) => recorded,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Records a child, once it runs Python. `file` is that of the process above it.
fn child(arguments: &RecordArguments, file: Option<&Path>, pid: u32, signals: &Signals) {
    let own_file = match (&arguments.output, file) {
        (Some(_), Some(file)) => Some(arguments.chosen().for_process(file, pid)),
        _ => path(arguments, pid),
    };
    let until = Instant::now() + LOADING;
    while !signals.end.load(Ordering::Relaxed) {
        let why = match Recorder::open(pid, arguments.rate) {
            Ok(recorder) => match record(recorder, arguments, own_file, signals, false) {
                Ok(()) => return,
                Err(Failure::Refused(reason)) => reason.message,
                Err(Failure::Output(error)) => error.to_string(),
            },
            Err(Error::Gone { .. } | Error::NoSuchProcess { .. } | Error::Zombie { .. }) => return,
            Err(Error::NotPython { .. }) if Instant::now() >= until => return,
            Err(_) if Instant::now() < until => {
                sleep(PERIOD);
                continue;
            }
            Err(error) => error.to_string(),
        };
        note(&format!("child {pid} is not recorded: {}", clean(&why)));
        return;
    }
}
