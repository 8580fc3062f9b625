//! `dapper-attach --pid PID`

use super::args::{ReportArguments, ShowArguments};
use super::capture::capture;
use super::failure::Failure;
use super::{output, select};
use crate::report::{dot, json, text};
use crate::snapshot::Snapshot;

pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let Some(pid) = arguments.pid else {
        return Err(Failure::new("usage", "--pid is missing", None));
    };
    let snapshot = capture(pid, arguments.children, &arguments.read.options())?;
    print(snapshot, &arguments.show, arguments.read.locals)
}

/// Prints the snapshot, or what was chosen of it, as the arguments want it.
pub fn print(snapshot: Snapshot, show: &ShowArguments, locals: bool) -> Result<(), Failure> {
    let chosen = select::choose(&snapshot, &show.task, &show.thread)?;
    if show.json {
        let snapshot = match &chosen {
            Some(choices) => select::keep(snapshot, choices, show),
            None => snapshot,
        };
        return output::plain(|out| Ok(json::write(out, &snapshot, output::is_terminal())?));
    }
    if show.dot {
        return output::plain(|out| Ok(dot::write(out, &snapshot, chosen.as_deref())?));
    }
    let options = text::Options {
        width: output::width(&show.terminal),
        group_above: show.group_above,
        all_frames: show.all_frames,
        locals,
        threads_only: show.threads,
    };
    output::styled(&show.terminal, |out| {
        Ok(text::write(out, &snapshot, &options, chosen.as_deref())?)
    })
}
