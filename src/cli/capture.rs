//! `dapper-attach capture`, and looking into what it wrote.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use super::args::{CaptureArguments, ReadArguments};
use super::failure::Failure;
use crate::capture::{CaptureError, read_file, write, write_file};
use crate::inspect::inspection::Capture;
use crate::inspect::recorder::Taken;
use crate::inspect::recording::Recording;
use crate::plain_text::clean;
use crate::report::json;

pub fn run(arguments: &CaptureArguments) -> Result<(), Failure> {
    let to_stdout = arguments.output.as_os_str() == "-";
    if to_stdout && io::stdout().is_terminal() {
        return Err(Failure::new(
            "usage",
            "a capture is no text for a terminal",
            Some("name a file, or send the output to one".into()),
        ));
    }
    let capture = arguments.read.capture(arguments.pid, arguments.children);
    let Taken {
        snapshot,
        recording,
        inexact,
    } = capture.record(arguments.redact)?;
    let bytes = write(&recording).map_err(|error| too_large(&error))?;
    save(&arguments.output, &bytes)?;
    if let Some(path) = &arguments.json {
        let mut text = Vec::new();
        json::write(&mut text, &snapshot, false)?;
        save(path, &text)?;
    }
    let mut said = String::new();
    if !to_stdout {
        let processes = match recording.processes.len() {
            1 => format!("process {}", arguments.pid),
            many => format!("{many} processes"),
        };
        said = format!(
            "dapper-attach: {processes} captured, {} bytes in {}\n",
            bytes.len(),
            clean(&arguments.output.to_string_lossy())
        );
    }
    for pid in inexact {
        said += &format!(
            "dapper-attach: process {pid} is too large, or changed while it was captured: what is \
             read from the capture may differ from what was seen\n"
        );
    }
    // Nobody is left to tell when this fails.
    let _ = io::stderr().lock().write_all(said.as_bytes());
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file(path, bytes).map_err(|error| {
        let path = path.display();
        Failure::new("output", format!("{path} was not written: {error}"), None)
    })
}

fn too_large(error: &CaptureError) -> Failure {
    let hint = "`--redact` leaves out what the report does not need".to_owned();
    Failure::new(
        "capture",
        format!("no capture was written: {error}"),
        Some(hint),
    )
}

/// Reads a capture.
pub fn open(path: &Path) -> Result<Arc<Recording>, Failure> {
    let recording = read_file(path).map_err(|error| unreadable(path, &error))?;
    match recording.first() {
        Some(_) => Ok(Arc::new(recording)),
        None => Err(Failure::new(
            "capture",
            format!("{} cannot be read: it holds no process", path.display()),
            None,
        )),
    }
}

fn unreadable(path: &Path, error: &CaptureError) -> Failure {
    let hint = match error {
        CaptureError::NoCapture => Some("`dapper-attach capture --pid PID -o FILE` makes one"),
        CaptureError::Version { .. } => Some("use the version of dapper-attach that wrote it"),
        CaptureError::Short | CaptureError::Damaged => Some("copy it again"),
        _ => None,
    };
    Failure::new(
        "capture",
        format!("{} cannot be read: {error}", path.display()),
        hint.map(str::to_owned),
    )
}

/// What is wanted of a process that runs, or of a capture.
pub fn wanted(
    read: &ReadArguments,
    pid: Option<u32>,
    children: bool,
    capture: Option<&Path>,
) -> Result<Capture, Failure> {
    match (pid, capture) {
        (_, Some(path)) => {
            let recording = open(path)?;
            if recording.redacted && read.locals {
                return Err(Failure::new(
                    "redacted",
                    "the capture has no variables: it was made with --redact",
                    None,
                ));
            }
            Ok(read.recorded(recording))
        }
        (Some(pid), None) => Ok(read.capture(pid, children)),
        (None, None) => Err(Failure::new("usage", "--pid or --capture is missing", None)),
    }
}
