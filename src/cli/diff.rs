//! `dapper-attach diff`

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::capture::over_time;
use super::diff_arguments::{DiffArguments, DiffFormat};
use super::failure::Failure;
use super::output;
use super::record::{beside, note};
use crate::plain_text::clean;
use crate::profile::diff::{Diff, Outcome, diff, json, page, text};

/// Exit status where a rule of `--fail-on` is broken.
const BROKEN: u8 = 3;

/// Compares two recordings over time, prints what differs, and checks the rules.
///
/// # Errors
/// If a recording cannot be read or is too short, or the output cannot be written.
pub(super) fn run(arguments: &DiffArguments) -> Result<ExitCode, Failure> {
    if arguments.a.as_os_str() == "-" && arguments.b.as_os_str() == "-" {
        return Err(Failure::new(
            "usage",
            "both recordings cannot come from standard input",
            Some("name a file for one of them".into()),
        ));
    }
    let (_, a) = over_time(&arguments.a)?;
    let (_, b) = over_time(&arguments.b)?;
    let found = diff(&a, &b).map_err(|(which, error)| {
        let path = [&arguments.a, &arguments.b][which.min(1)];
        Failure::new(
            "diff",
            format!("{} cannot be compared: {error}", path.display()),
            Some("record for longer".into()),
        )
    })?;
    let outcomes: Vec<Outcome> = arguments
        .fail_on
        .iter()
        .map(|it| it.check(&found))
        .collect();
    match print(&found, &outcomes, arguments) {
        // A reader that has seen enough does not change what was found.
        Err(failure) if !failure.is_closed_pipe() => return Err(failure),
        _ => {}
    }
    let broken: Vec<&Outcome> = outcomes.iter().filter(|it| it.failed).collect();
    for Outcome { rule, text, .. } in &broken {
        note(&format!("{} failed: {text}", clean(rule)));
    }
    Ok(match broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(BROKEN),
    })
}

fn print(diff: &Diff, outcomes: &[Outcome], arguments: &DiffArguments) -> Result<(), Failure> {
    let name = |path: &Path| match path.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => path.display().to_string(),
    };
    let (a, b) = (name(&arguments.a), name(&arguments.b));
    let names = [&*a, &*b];
    let width = output::width(&arguments.terminal);
    let write = |out: &mut dyn Write| match arguments.chosen() {
        DiffFormat::Text => text::write(diff, names, outcomes, width, out),
        DiffFormat::Json => json::write(diff, outcomes, out),
        DiffFormat::Html => page::write(diff, names, out),
    };
    let is_text = arguments.chosen() == DiffFormat::Text;
    match arguments.path() {
        Some(path) => {
            let mut bytes = Vec::new();
            write(&mut bytes)?;
            if is_text {
                bytes = anstream::adapter::strip_bytes(&bytes).into_vec();
            }
            save(path, &bytes)
        }
        None if is_text => output::styled(&arguments.terminal, |out| Ok(write(out)?)),
        None => output::plain(|out| Ok(write(out)?)),
    }
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = || {
        let mut file = beside(path)?;
        file.write_all(bytes)?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    written().map_err(|error: io::Error| {
        Failure::new(
            "output",
            format!("{} was not written: {error}", path.display()),
            Some("name a file in a directory that you can write to and that has space".into()),
        )
    })
}
