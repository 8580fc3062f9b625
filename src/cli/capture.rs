//! `dapper-attach capture`, and `--capture` of the other commands.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use super::args::{CaptureArguments, ReadArguments};
use super::failure::Failure;
use super::record::note;
use crate::capture::{At, CaptureError, Captured, RecordFile, open_file, write, write_file};
use crate::inspect::inspection::Inspection;
use crate::inspect::recorder::RecordedInspection;
use crate::inspect::recording::Recording;
use crate::plain_text::clean;
use crate::profile::Profile;
use crate::report::json;

/// Records a process, and writes the capture.
///
/// # Errors
/// If the process cannot be read, or a file cannot be written.
pub(super) fn run(arguments: &CaptureArguments) -> Result<(), Failure> {
    let to_stdout = arguments.output.as_os_str() == "-";
    if to_stdout && io::stdout().is_terminal() {
        return Err(Failure::new(
            "usage",
            "a capture is binary data and is not written to a terminal",
            Some("name a file with --output, or redirect standard output".into()),
        ));
    }
    let inspection = arguments.read.live(arguments.pid, arguments.children);
    let RecordedInspection {
        snapshot,
        recording,
        inexact,
    } = inspection.record(arguments.redact)?;
    let bytes = write(&recording).map_err(|error| not_encoded(&error))?;
    save(&arguments.output, &bytes)?;
    if let Some(path) = &arguments.json {
        let mut text = Vec::new();
        json::write(&mut text, &snapshot, false)?;
        save(path, &text)?;
    }
    let mut messages = String::new();
    if !to_stdout {
        let processes = match recording.processes.len() {
            1 => format!("process {}", arguments.pid),
            many => format!("{many} processes"),
        };
        messages = format!(
            "dapper-attach: captured {processes} in {}, {} bytes\n",
            clean(&arguments.output.to_string_lossy()),
            bytes.len(),
        );
    }
    for pid in inexact {
        messages += &format!(
            "dapper-attach: process {pid} is too large, or changed while it was captured: the \
             capture may show something else than the process did\n"
        );
    }
    // If stderr is closed, nobody can read the messages.
    let _ = io::stderr().lock().write_all(messages.as_bytes());
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file(path, bytes).map_err(|error| {
        let path = path.display();
        Failure::new(
            "output",
            format!("{path} was not written: {error}"),
            Some("name a file in a directory that you can write to and that has space".into()),
        )
    })
}

fn not_encoded(error: &CaptureError) -> Failure {
    Failure::new(
        "capture",
        format!("no capture was written: {error}"),
        Some("--redact leaves out what the report does not need".into()),
    )
}

/// Reads the capture in `path`, or the look at `at` of a recording over time.
fn open(path: &Path, at: Option<At>) -> Result<Arc<Recording>, Failure> {
    let wrong = |error: CaptureError| wrong_file(path, &error);
    let recording = match (open_file(path).map_err(wrong)?, at) {
        (Captured::Moment(recording), None) => recording,
        (Captured::Moment(_), Some(_)) => {
            return Err(unreadable(
                path,
                &"it is a capture of one moment, and --at is for recordings over time",
                "leave out --at",
            ));
        }
        (Captured::OverTime(file), at) => {
            warn(path, &file);
            let number = at.unwrap_or(At::Last).choose(&file);
            let number = number.map_err(|reason| {
                let hint = "--at last shows its last whole look, convert what it has over time";
                unreadable(path, &reason, hint)
            })?;
            if let Some(text) = file.place(number) {
                note(&text);
            }
            file.moment(number).map_err(wrong)?
        }
    };
    match recording.first() {
        Some(_) => Ok(Arc::new(recording)),
        None => Err(unreadable(path, &"it contains no process", RECORD)),
    }
}

/// Reads the recording over time in `path`.
///
/// # Errors
/// If it cannot be read, or is a capture of one moment.
pub(super) fn over_time(path: &Path) -> Result<(RecordFile, Profile), Failure> {
    let wrong = |error: CaptureError| wrong_file(path, &error);
    match open_file(path).map_err(wrong)? {
        Captured::OverTime(file) => {
            warn(path, &file);
            let profile = file.profile().map_err(wrong)?;
            Ok((file, profile))
        }
        Captured::Moment(_) => Err(unreadable(
            path,
            &"it is a capture of one moment, not a recording over time",
            "record one with `dapper-attach record --pid PID -o FILE.dapper`",
        )),
    }
}

/// Says that a recording is not whole.
fn warn(path: &Path, file: &RecordFile) {
    if let Some(warning) = file.warning() {
        note(&clean(&format!("{}: {warning}", path.display())));
    }
}

fn wrong_file(path: &Path, error: &CaptureError) -> Failure {
    let hint = match error {
        CaptureError::NoCapture => {
            "make one with `dapper-attach capture --pid PID -o FILE`, or over time with `record -o \
             FILE.dapper`"
        }
        CaptureError::Version { .. } => "use the version of dapper-attach that wrote it",
        CaptureError::Short | CaptureError::Damaged => "copy the file again",
        CaptureError::Io(_) => "name a file that exists and that you can read",
        CaptureError::TooLarge
        | CaptureError::Facts(_)
        | CaptureError::Memory(_)
        | CaptureError::Part(_) => RECORD,
    };
    unreadable(path, error, hint)
}

/// What to do about a capture from which nothing can be read.
const RECORD: &str = "record the process again with `dapper-attach capture`";

fn unreadable(path: &Path, reason: &dyn std::fmt::Display, hint: &str) -> Failure {
    Failure::new(
        "capture",
        format!("{} cannot be read: {reason}", path.display()),
        Some(hint.to_owned()),
    )
}

/// The inspection of the process `pid`, or of the capture if there is one.
///
/// # Errors
/// If the capture cannot be read, or was redacted and variables are asked for.
pub(super) fn inspection(
    read: &ReadArguments,
    pid: Option<u32>,
    children: bool,
    capture: Option<&Path>,
    at: Option<At>,
) -> Result<Inspection, Failure> {
    match (pid, capture) {
        (_, Some(path)) => {
            let recording = open(path, at)?;
            if recording.redacted && read.locals {
                return Err(Failure::new(
                    "redacted",
                    "the capture contains no variables: it was recorded with --redact",
                    Some("leave out --locals, or record again without --redact".into()),
                ));
            }
            Ok(read.recorded(recording))
        }
        (Some(pid), None) => Ok(read.live(pid, children)),
        (None, None) => Err(Failure::new(
            "usage",
            "there is nothing to inspect",
            Some("name a process with --pid, or a file with --capture".into()),
        )),
    }
}
