//! Why a command failed, as text for people and as JSON for programs.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::output;
use crate::plain_text::clean;
use crate::process;
use crate::report::json;
use crate::report::select::NoMatch;

/// Why a command failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command could not do what was asked for.
    Refused(Reason),
    /// Standard output could not be written.
    Output(io::Error),
}

/// The `error` object of the JSON output (docs/snapshot-json.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reason {
    /// A stable word for programs.
    pub code: &'static str,
    /// One sentence, without its full stop.
    pub message: String,
    /// What the user can do about it. `None` if there is nothing.
    pub hint: Option<String>,
}

/// The JSON object that is printed instead of a snapshot.
#[derive(Serialize)]
struct Answer<'a> {
    error: &'a Reason,
}

impl Failure {
    /// A command that could not do what was asked for.
    pub(super) fn new(
        code: &'static str,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        Self::Refused(Reason {
            code,
            message: message.into(),
            hint,
        })
    }

    /// Whether the reader of standard output went away, as `head` does.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == ErrorKind::BrokenPipe)
    }

    /// Prints the failure on stderr, with `as_json` on stdout as well, and returns
    /// the exit status. A reader that went away is no failure.
    pub(super) fn report(self, as_json: bool) -> ExitCode {
        if self.is_closed_pipe() {
            return ExitCode::SUCCESS;
        }
        let reason = match self {
            Self::Output(error) => Reason {
                code: "output",
                message: format!("the output could not be written: {error}"),
                hint: (error.kind() == ErrorKind::StorageFull)
                    .then(|| "free some space, or write to another file system".into()),
            },
            Self::Refused(reason) => reason,
        };
        // If these fail, there is nowhere left to report it.
        let _ = print(&mut io::stderr().lock(), &reason);
        if as_json {
            let answer = Answer { error: &reason };
            let _ = output::plain(|out| json::write(out, &answer, output::is_terminal()));
        }
        ExitCode::FAILURE
    }
}

fn print(out: &mut dyn Write, reason: &Reason) -> io::Result<()> {
    writeln!(out, "dapper-attach: {}", clean(&reason.message))?;
    match &reason.hint {
        Some(hint) => writeln!(out, "  fix: {}", clean(hint)),
        None => Ok(()),
    }
}

impl From<&process::Error> for Reason {
    fn from(error: &process::Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

impl From<process::Error> for Failure {
    fn from(error: process::Error) -> Self {
        Self::Refused(Reason::from(&error))
    }
}

impl From<NoMatch> for Failure {
    fn from(error: NoMatch) -> Self {
        Self::new(error.code, error.message, None)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_sentence_and_its_fix() {
        let reason = Reason::from(&process::Error::Permission {
            pid: 7,
            reason: "evil\nprogram".into(),
            fix: "run it as root".into(),
        });
        let mut printed = Vec::new();
        print(&mut printed, &reason).unwrap();
        assert_eq!(
            String::from_utf8(printed).unwrap(),
            "dapper-attach: no permission to read the memory of process 7: evil\\nprogram\n  \
             fix: run it as root\n"
        );
    }
}
