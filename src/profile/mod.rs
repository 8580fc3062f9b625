//! What tasks and threads did and waited for, over time, and the formats in which that is
//! written. Every format is a fold over the same intervals.

pub mod collapsed;
pub mod diff;
pub mod firefox;
pub mod growth;
pub mod html;
pub mod interval;
pub mod iterations;
pub mod json_lines;
pub mod loop_names;
pub mod metrics;
pub mod parts;
pub mod perfetto;
pub mod pools;
pub mod pprof;
pub mod reason;
pub mod ring;
mod segments;
pub mod speedscope;
pub mod stacks;
pub mod steps;
pub mod timeline;
pub mod trust;

use serde::{Deserialize, Serialize};

pub use interval::{Interval, Sum};
pub use iterations::{Lag, Step};
pub use parts::{Part, PartError, Told};
pub use reason::{Reason, ReasonKind};
pub use ring::Ring;
pub use stacks::{Activity, Place, State, StateId, States, Who};
pub use timeline::{Looked, Timeline};
pub use trust::Trust;

/// Which process is recorded, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its process id.
    pub pid: u32,
    /// Version of its interpreter.
    pub python: String,
    /// Its command line.
    pub command: Vec<String>,
    /// When the recording began, RFC 3339 in UTC.
    pub began: String,
    /// The same in nanoseconds since 1970.
    pub began_ns: u64,
}

/// A recorded process.
#[derive(Debug)]
pub struct Profile {
    /// Which process it is.
    pub about: About,
    /// What was seen.
    pub timeline: Timeline,
    /// How far it can be trusted.
    pub trust: Trust,
}

impl Profile {
    /// The name of the recording: `app.py, pid 4242, CPython 3.13.0`.
    pub fn title(&self) -> String {
        let About {
            pid,
            python,
            command,
            ..
        } = &self.about;
        format!("{}, pid {pid}, CPython {python}", script(command))
    }
}

/// What a command line runs: the name of the script or module, or the program itself.
pub fn script(command: &[String]) -> &str {
    let base = |word: &'_ String| -> usize { word.rfind('/').map_or(0, |at| at + 1) };
    let mut words = command.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-m" => return words.next().map_or("python", String::as_str),
            "-c" => return "-c",
            // Options with a value (Modules/getopt of `python --help`).
            "-X" | "-W" => drop(words.next()),
            option if option.starts_with('-') => {}
            _ => return &word[base(word)..],
        }
    }
    command.first().map_or("python", |word| &word[base(word)..])
}

#[cfg(test)]
mod tests;
