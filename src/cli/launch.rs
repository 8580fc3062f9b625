//! Starts a program that is to be recorded.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode};
use std::thread::sleep;
use std::time::Duration;

use super::failure::Failure;
use crate::process::Error;

/// Time between two attempts to find Python in a program that starts.
const ATTEMPT: Duration = Duration::from_millis(20);
/// What shells add to the number of the signal that ended a program.
const BY_SIGNAL: i32 = 128;

/// Starts the program. `None` if there is none to start.
///
/// # Errors
/// If it cannot be started.
pub(super) fn program(words: &[OsString]) -> Result<Option<Child>, Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(None);
    };
    let started = Command::new(program).args(arguments).spawn();
    started.map(Some).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "name a program that is in PATH, or its path",
            _ => "name a program that you may run",
        };
        let program = program.to_string_lossy();
        Failure::new(
            "program",
            format!("{program} cannot be started: {error}"),
            Some(hint.into()),
        )
    })
}

/// Calls `open` until the program has begun to run Python. `None` if it ended before, or
/// `go_on` returned false.
///
/// # Errors
/// That of `open`, if it cannot be helped by waiting.
pub(super) fn wait_for_python<T>(
    child: &mut Child,
    go_on: &dyn Fn() -> bool,
    open: impl Fn(u32) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    loop {
        match open(child.id()) {
            Ok(opened) => return Ok(Some(opened)),
            Err(error @ (Error::Permission { .. } | Error::UnsupportedVersion { .. })) => {
                return Err(error);
            }
            Err(_) if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) => return Ok(None),
            Err(_) if !go_on() => return Ok(None),
            // It has still to become Python, or to make its first thread.
            Err(_) => sleep(ATTEMPT),
        }
    }
}

/// Waits for the end of the program. Its exit status, or 128 and the number of the signal that
/// ended it.
///
/// # Errors
/// If it cannot be waited for.
pub(super) fn status_of(mut child: Child) -> Result<ExitCode, Failure> {
    let status = child.wait().map_err(|error| {
        Failure::new(
            "program",
            format!("the end of the program cannot be waited for: {error}"),
            None,
        )
    })?;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| BY_SIGNAL + signal));
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
