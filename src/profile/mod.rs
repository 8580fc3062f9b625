//! What tasks and threads did and waited for, over time, and the formats in which that is
//! written. Every format is a fold over the same intervals.

pub mod collapsed;
pub mod html;
pub mod json_lines;
pub mod pprof;
pub mod reason;
pub mod speedscope;
pub mod stacks;
pub mod timeline;
pub mod trust;

pub use reason::{Reason, ReasonKind};
pub use stacks::{Activity, State, StateId, States, Who};
pub use timeline::{Interval, Lag, Looked, Step, Timeline};
pub use trust::Trust;

/// A recorded process.
#[derive(Debug)]
pub struct Profile {
    /// Its process id.
    pub pid: u32,
    /// Version of its interpreter.
    pub python: String,
    /// Its command line.
    pub command: Vec<String>,
    /// When the recording began, RFC 3339 in UTC.
    pub began: String,
    /// What was seen.
    pub timeline: Timeline,
    /// How far it can be trusted.
    pub trust: Trust,
}

impl Profile {
    /// The name of the recording: `app.py, pid 4242, CPython 3.13.0`.
    pub fn title(&self) -> String {
        let script = self.command.get(1).or(self.command.first());
        let script = script.map_or("python", |word| word.rsplit('/').next().unwrap_or(word));
        format!("{script}, pid {}, CPython {}", self.pid, self.python)
    }
}
