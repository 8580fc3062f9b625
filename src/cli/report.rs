//! The report: `dapper-attach --pid PID`

use std::collections::BTreeSet;
use std::process::ExitCode;

use super::args::{ReportArguments, ShowArguments};
use super::capture::inspection;
use super::failure::Failure;
use super::format::Format;
use super::output;
use crate::model::{Process, Snapshot};
use crate::report::{Choice, dot, json, select, text};

/// Exit status with `--exit-code` for a process that hangs.
const STUCK: u8 = 3;

/// Inspects the process or the capture, and prints the report.
///
/// # Errors
/// If the process or the capture cannot be read, a name matches nothing, or the
/// report cannot be written.
pub(super) fn run(arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    let inspection = inspection(
        &arguments.read,
        arguments.pid,
        arguments.children,
        arguments.capture.as_deref(),
        arguments.at,
    )?;
    let snapshot = match arguments.show.threads {
        // The list of threads shows no diagnosis.
        true => inspection.of_threads().take()?.snapshot,
        false => inspection.diagnosed()?,
    };
    let stuck = snapshot.processes.iter().any(is_stuck);
    match print(snapshot, &arguments.show, arguments.read.locals) {
        // A reader that has seen enough does not change what was found.
        Err(failure) if !failure.is_closed_pipe() => return Err(failure),
        _ => {}
    }
    Ok(match arguments.exit_code && stuck {
        true => ExitCode::from(STUCK),
        false => ExitCode::SUCCESS,
    })
}

fn is_stuck(process: &Process) -> bool {
    (process.verdict.as_ref()).is_some_and(|verdict| verdict.state.is_alarm())
}

/// Prints the snapshot, or the tasks and threads that `show` names.
///
/// The snapshot is not freed: the program exits soon after this.
///
/// # Errors
/// If a name matches nothing, or standard output cannot be written.
pub(super) fn print(snapshot: Snapshot, show: &ShowArguments, locals: bool) -> Result<(), Failure> {
    let chosen = select::choose(&snapshot, &show.task, &show.thread)?;
    let snapshot = match &chosen {
        Some(choices) if show.format.chosen() == Format::Json => keep(snapshot, choices, show),
        _ => snapshot,
    };
    let result = write(&snapshot, chosen.as_deref(), show, locals);
    // Freeing a million tasks one by one takes time for nothing.
    std::mem::forget(snapshot);
    result
}

fn write(
    snapshot: &Snapshot,
    chosen: Option<&[Choice]>,
    show: &ShowArguments,
    locals: bool,
) -> Result<(), Failure> {
    match show.format.chosen() {
        Format::Text => write_text(snapshot, chosen, show, locals),
        Format::Json => output::plain(|out| Ok(json::write(out, snapshot, output::is_terminal())?)),
        Format::Dot => output::plain(|out| Ok(dot::write(out, snapshot, chosen)?)),
    }
}

fn write_text(
    snapshot: &Snapshot,
    chosen: Option<&[Choice]>,
    show: &ShowArguments,
    locals: bool,
) -> Result<(), Failure> {
    let options = text::Options {
        width: output::width(&show.terminal),
        group_above: show.group_above,
        all_frames: show.all_frames,
        locals,
        threads_only: show.threads,
    };
    output::styled(&show.terminal, |out| {
        Ok(text::write(out, snapshot, &options, chosen)?)
    })
}

/// Removes the tasks that were not chosen if tasks are named, and the threads that
/// were not chosen if threads are named.
fn keep(mut snapshot: Snapshot, choices: &[Choice], show: &ShowArguments) -> Snapshot {
    for (process, choice) in snapshot.processes.iter_mut().zip(choices) {
        if !show.task.is_empty() {
            retain(&mut process.tasks, &choice.tasks);
        }
        if !show.thread.is_empty() {
            retain(&mut process.threads, &choice.threads);
        }
    }
    snapshot
}

fn retain<T>(items: &mut Vec<T>, indexes: &BTreeSet<usize>) {
    let mut next = 0;
    items.retain(|_| {
        let index = next;
        next += 1;
        indexes.contains(&index)
    });
}
