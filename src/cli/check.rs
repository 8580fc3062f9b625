//! `dapper-attach check`

use std::io;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::capture::inspection;
use super::check_arguments::CheckArguments;
use super::failure::Failure;
use super::format::ListFormat;
use super::output;
use crate::diagnosis::{self, Check};
use crate::plain_text::clean;
use crate::report::json;

/// The JSON object of one process.
#[derive(Serialize)]
struct Answers<'a> {
    pid: u32,
    checks: &'a [Check],
}

/// Checks the process, or each process of a capture, and prints the answers.
///
/// # Errors
/// If the process or the capture cannot be read, or the answers cannot be written.
pub(super) fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let capture = arguments.capture.as_deref();
    let inspection = inspection(&arguments.read, arguments.pid, false, capture, arguments.at)?;
    let captured = inspection.take()?;
    for process in &captured.snapshot.processes {
        let earlier = captured.earlier.get(&process.pid);
        let earlier = earlier.map_or(&[][..], Vec::as_slice);
        let sources = inspection.source.files(process.pid);
        let checks = diagnosis::checks(process, earlier, &*sources);
        let answers = Answers {
            pid: process.pid,
            checks: &checks,
        };
        print(&answers, arguments)?;
    }
    Ok(())
}

fn print(answers: &Answers<'_>, arguments: &CheckArguments) -> Result<(), Failure> {
    match arguments.format.chosen() {
        ListFormat::Json => {
            output::plain(|out| Ok(json::write(out, answers, output::is_terminal())?))
        }
        ListFormat::Text => {
            output::styled(&arguments.terminal, |out| Ok(write(out, answers.checks)?))
        }
    }
}

fn write(out: &mut dyn io::Write, checks: &[Check]) -> io::Result<()> {
    for check in checks {
        let (word, colour) = match check.ok {
            Some(true) => ("ok     ", AnsiColor::Green),
            Some(false) => ("NOT OK ", AnsiColor::Red),
            None => ("unknown", AnsiColor::Yellow),
        };
        let style = Style::new().fg_color(Some(colour.into()));
        writeln!(out, "{style}{word}{style:#} {}", clean(&check.name))?;
        for evidence in &check.evidence {
            writeln!(out, "          {}", clean(evidence))?;
        }
    }
    Ok(())
}
