//! `dapper-attach check`

use std::io;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::args::CheckArguments;
use super::capture::wanted;
use super::failure::Failure;
use super::output;
use crate::diagnosis::{self, Check};
use crate::plain_text::clean;
use crate::report::json;

/// What `--json` prints.
#[derive(Serialize)]
struct Answers<'a> {
    pid: u32,
    checks: &'a [Check],
}

pub fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let capture = arguments.capture.as_deref();
    let capture = wanted(&arguments.read, arguments.pid, false, capture)?;
    let captured = capture.take()?;
    for process in &captured.snapshot.processes {
        let earlier = captured.earlier.get(&process.pid);
        let earlier = earlier.map_or(&[][..], Vec::as_slice);
        let sources = capture.source.files(process.pid);
        let checks = diagnosis::checks(process, earlier, &*sources);
        if arguments.json {
            let answers = Answers {
                pid: process.pid,
                checks: &checks,
            };
            output::plain(|out| {
                Ok::<(), Failure>(json::write(out, &answers, output::is_terminal())?)
            })?;
        } else {
            output::styled(&arguments.terminal, |out| {
                Ok::<(), Failure>(write(out, &checks)?)
            })?;
        }
    }
    Ok(())
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
