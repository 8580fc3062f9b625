//! Why a command could not do its work, as people and scripts are told.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::output;
use crate::plain_text::clean;
use crate::process;
use crate::report::json;
use crate::report::select::NoMatch;

#[derive(Debug)]
pub enum Failure {
    /// What was asked for could not be done.
    Refused(Reason),
    /// The answer could not be written.
    Output(io::Error),
}

/// The contract's `error` object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub code: &'static str,
    pub message: String,
    pub hint: Option<String>,
}

/// What `--json` prints instead of a snapshot.
#[derive(Serialize)]
struct Answer<'a> {
    error: &'a Reason,
}

impl Failure {
    pub fn new(code: &'static str, message: impl Into<String>, hint: Option<String>) -> Self {
        Self::Refused(Reason {
            code,
            message: message.into(),
            hint,
        })
    }

    /// Says it on stderr, with `as_json` on stdout too, and gives the status.
    /// A reader that went away is no failure.
    pub fn report(self, as_json: bool) -> ExitCode {
        let reason = match self {
            Self::Output(error) if error.kind() == ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Output(error) => Reason {
                code: "output",
                message: format!("the output could not be written: {error}"),
                hint: None,
            },
            Self::Refused(reason) => reason,
        };
        // Nobody is left to tell when these fail.
        let _ = say(&mut io::stderr().lock(), &reason);
        if as_json {
            let answer = Answer { error: &reason };
            let _ = output::plain(|out| json::write(out, &answer, output::is_terminal()));
        }
        ExitCode::FAILURE
    }
}

fn say(out: &mut dyn Write, reason: &Reason) -> io::Result<()> {
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
    fn from(nothing: NoMatch) -> Self {
        Self::new(nothing.code, nothing.message, None)
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
        let mut said = Vec::new();
        say(&mut said, &reason).unwrap();
        assert_eq!(
            String::from_utf8(said).unwrap(),
            "dapper-attach: no permission to read the memory of process 7: evil\\nprogram\n  \
             fix: run it as root\n"
        );
    }
}
