//! `dapper-attach --pid PID`

use std::collections::BTreeSet;
use std::process::ExitCode;

use super::args::{ReportArguments, ShowArguments};
use super::capture::wanted;
use super::failure::Failure;
use super::output;
use crate::model::{Process, Snapshot};
use crate::report::{Choice, dot, json, select, text};

/// Exit status with `--exit-code` for a process that does not go on.
const STUCK: u8 = 3;

pub fn run(arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    let capture = wanted(
        &arguments.read,
        arguments.pid,
        arguments.children,
        arguments.capture.as_deref(),
    )?;
    let snapshot = match arguments.show.threads {
        // Nothing of a diagnosis would be shown.
        true => capture.of_threads().take()?.snapshot,
        false => capture.diagnosed()?,
    };
    let stuck = snapshot.processes.iter().any(is_stuck);
    print(snapshot, &arguments.show, arguments.read.locals)?;
    Ok(match arguments.exit_code && stuck {
        true => ExitCode::from(STUCK),
        false => ExitCode::SUCCESS,
    })
}

fn is_stuck(process: &Process) -> bool {
    (process.verdict.as_ref()).is_some_and(|verdict| verdict.state.is_alarm())
}

/// Prints the snapshot, or what was chosen of it, as the arguments want it. The
/// program ends behind this.
pub fn print(snapshot: Snapshot, show: &ShowArguments, locals: bool) -> Result<(), Failure> {
    let chosen = select::choose(&snapshot, &show.task, &show.thread)?;
    let snapshot = match &chosen {
        Some(choices) if show.json => keep(snapshot, choices, show),
        _ => snapshot,
    };
    let printed = write(&snapshot, chosen.as_deref(), show, locals);
    // To free a million tasks one by one would only take time.
    std::mem::forget(snapshot);
    printed
}

fn write(
    snapshot: &Snapshot,
    chosen: Option<&[Choice]>,
    show: &ShowArguments,
    locals: bool,
) -> Result<(), Failure> {
    if show.json {
        return output::plain(|out| Ok(json::write(out, snapshot, output::is_terminal())?));
    }
    if show.dot {
        return output::plain(|out| Ok(dot::write(out, snapshot, chosen)?));
    }
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

/// The snapshot with only the chosen tasks, where tasks were asked for, and
/// only the chosen threads, where threads were.
fn keep(mut snapshot: Snapshot, choices: &[Choice], asked: &ShowArguments) -> Snapshot {
    for (process, choice) in snapshot.processes.iter_mut().zip(choices) {
        if !asked.task.is_empty() {
            retain(&mut process.tasks, &choice.tasks);
        }
        if !asked.thread.is_empty() {
            retain(&mut process.threads, &choice.threads);
        }
    }
    snapshot
}

fn retain<T>(items: &mut Vec<T>, places: &BTreeSet<usize>) {
    let mut place = 0;
    items.retain(|_| {
        place += 1;
        places.contains(&(place - 1))
    });
}
