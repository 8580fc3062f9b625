//! The command that `watch` runs when the process begins to hang.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

use crate::inspect::watching::Event;
use crate::plain_text::clean;

/// What the command finds in its environment.
const PID: &str = "DAPPER_ATTACH_PID";
const STATE: &str = "DAPPER_ATTACH_VERDICT";
const SUMMARY: &str = "DAPPER_ATTACH_SUMMARY";
const CULPRIT: &str = "DAPPER_ATTACH_CULPRIT";

/// Runs a command of the user's, one at a time. Its output goes to standard error.
pub(super) struct OnHang {
    command: String,
    pid: u32,
    running: Option<Child>,
}

impl OnHang {
    /// `command` is for `sh -c`; `pid` is the process that is watched.
    pub(super) fn new(command: String, pid: u32) -> Self {
        Self {
            command,
            pid,
            running: None,
        }
    }

    /// Starts the command if `event` is the begin of a hang, and does not wait for its end. Says on
    /// standard error why it does not.
    pub(super) fn tell(&mut self, event: &Event) {
        let ended = self.running.as_mut().map(Child::try_wait);
        if !matches!(ended, Some(Ok(None))) {
            self.running = None;
        }
        let Some(mut command) = self.command_for(event) else {
            return;
        };
        let why = match &self.running {
            Some(child) => format!("it still runs since the last hang (pid {})", child.id()),
            None => match command.spawn() {
                Ok(child) => {
                    self.running = Some(child);
                    return;
                }
                Err(error) => error.to_string(),
            },
        };
        let _ = writeln!(
            io::stderr().lock(),
            "dapper-attach: the command of --on-hang was not started: {why}"
        );
    }

    /// The command with what it may want to know. `None` if the event is no begin of a hang.
    fn command_for(&self, event: &Event) -> Option<Command> {
        let Event::Hang {
            state,
            summary,
            culprit,
        } = event
        else {
            return None;
        };
        let at = culprit.as_ref();
        let at = at.map_or_else(String::new, |it| format!("{}:{}", it.file, it.line));
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &self.command])
            .env(PID, self.pid.to_string())
            .env(STATE, state.as_str())
            .env(SUMMARY, &*clean(summary))
            .env(CULPRIT, &*clean(&at))
            .stdin(Stdio::null())
            .stdout(io::stderr());
        Some(command)
    }
}
