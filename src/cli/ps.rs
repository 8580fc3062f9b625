//! `dapper-attach ps`

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::args::PsArguments;
use super::failure::{Failure, Reason};
use super::format::ListFormat;
use super::output;
use crate::inspect::Source;
use crate::inspect::inspection::Inspection;
use crate::inspect::{SampleOptions, Scope};
use crate::limits::Limits;
use crate::model::{PythonBuild, Verdict};
use crate::plain_text::{clean, columns, cut};
use crate::process::proc::list::{Candidate, python_processes};
use crate::report::json;
use crate::sampling::count::{Counts, count};

/// One row of the list, also its JSON object.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Entry {
    pid: u32,
    parent_pid: Option<u32>,
    /// The name of its user, or the user id if it has no name on this machine.
    user: String,
    /// `None` if the process could not be read.
    python: Option<PythonBuild>,
    /// Number of threads. `None` if the process could not be read.
    threads: Option<usize>,
    /// Number of tasks that are not done. `None` if the process could not be read.
    tasks: Option<usize>,
    /// `None` with `--no-verdict`, or if the process could not be read twice.
    verdict: Option<Verdict>,
    command: Vec<String>,
    /// Why it could not be read.
    error: Option<Reason>,
}

/// Time between the two samples of a verdict.
const INTERVAL: Duration = Duration::from_millis(500);

/// Lists the Python processes of this machine.
///
/// # Errors
/// If standard output cannot be written.
pub(super) fn run(arguments: &PsArguments) -> Result<(), Failure> {
    let candidates = python_processes();
    let with_verdict = !arguments.no_verdict;
    // A thread for each: all of them wait at the same time between two samples.
    let mut entries: Vec<Entry> = thread::scope(|scope| {
        let started: Vec<_> = (candidates.into_iter())
            .map(|candidate| scope.spawn(move || Entry::of(candidate, with_verdict)))
            .collect();
        let ended = started.into_iter().map(thread::ScopedJoinHandle::join);
        ended.filter_map(Result::ok).collect()
    });
    entries.sort_by_key(|entry| (entry.error.is_some(), entry.pid));
    match arguments.format.chosen() {
        ListFormat::Json => {
            output::plain(|out| Ok(json::write(out, &entries, output::is_terminal())?))
        }
        ListFormat::Text => {
            let width = output::width(&arguments.terminal);
            output::styled(&arguments.terminal, |out| Ok(write(out, &entries, width)?))
        }
    }
}

/// The verdict on the process, which is not stopped for it. `None` if it cannot be
/// read.
fn verdict(pid: u32) -> Option<Verdict> {
    let capture = Inspection {
        source: Source::Live,
        pid,
        children: false,
        samples: 2,
        interval: INTERVAL,
        options: SampleOptions {
            locals: false,
            no_pause: true,
            max_pause: Duration::ZERO,
            scope: Scope::Everything,
            limits: Limits::default(),
        },
    };
    capture.diagnosed().ok()?.processes.remove(0).verdict
}

impl Entry {
    fn of(candidate: Candidate, with_verdict: bool) -> Self {
        let pid = candidate.pid;
        let read = count(pid, &Limits::default());
        let entry = Self::new(candidate, read.as_ref().map_err(Reason::from));
        Self {
            verdict: (with_verdict && entry.error.is_none())
                .then(|| verdict(pid))
                .flatten(),
            ..entry
        }
    }

    fn new(candidate: Candidate, read: Result<&Counts, Reason>) -> Self {
        let counts = read.as_ref().ok();
        Self {
            pid: candidate.pid,
            parent_pid: candidate.parent,
            user: candidate.user.unwrap_or_else(|| candidate.uid.to_string()),
            python: counts.map(|counts| counts.python.clone()),
            threads: counts.map(|counts| counts.threads),
            tasks: counts.map(|counts| counts.tasks),
            verdict: None,
            command: candidate.command,
            error: read.err(),
        }
    }

    /// The command line, with the program's name instead of its path.
    fn command_line(&self) -> String {
        let mut words = self.command.iter().map(String::as_str);
        let program = words.next().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default();
        let words: Vec<&str> = std::iter::once(program).chain(words).collect();
        clean(&words.join(" ")).into_owned()
    }

    /// The cells of all columns but the command.
    fn cells(&self) -> [String; COLUMNS] {
        let count = |count: Option<usize>| count.map_or("-".to_owned(), |count| count.to_string());
        [
            self.pid.to_string(),
            self.python.as_ref().map_or("-".to_owned(), version),
            clean(&self.user).into_owned(),
            count(self.threads),
            count(self.tasks),
            match &self.verdict {
                Some(verdict) => verdict.state.to_string(),
                None => "-".to_owned(),
            },
        ]
    }
}

/// The version with the suffixes of CPython's file names: `t` for free-threaded,
/// `d` for debug builds.
fn version(python: &PythonBuild) -> String {
    let threaded = if python.free_threaded { "t" } else { "" };
    let debug = if python.debug { "d" } else { "" };
    format!("{}{threaded}{debug}", clean(&python.version))
}

const COLUMNS: usize = 6;
const TITLES: [&str; COLUMNS] = ["PID", "VERSION", "USER", "THREADS", "TASKS", "VERDICT"];
/// Whether a column is aligned to the right.
const ALIGNED_RIGHT: [bool; COLUMNS] = [true, false, false, true, true, false];

fn write(out: &mut dyn Write, entries: &[Entry], width: usize) -> io::Result<()> {
    if entries.is_empty() {
        return writeln!(out, "no Python process is running on this machine");
    }
    let rows: Vec<[String; COLUMNS]> = entries.iter().map(Entry::cells).collect();
    let mut widths = TITLES.map(columns);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = columns(cell).max(*width);
        }
    }
    let bold = anstyle::Style::new().bold();
    let titles = line(&TITLES.map(str::to_owned), &widths, "COMMAND", width);
    writeln!(out, "{bold}{titles}{bold:#}")?;
    let red = anstyle::AnsiColor::Red.on_default();
    let mut hints: Vec<&str> = Vec::new();
    for (entry, row) in entries.iter().zip(&rows) {
        writeln!(out, "{}", line(row, &widths, &entry.command_line(), width))?;
        if let Some(reason) = &entry.error {
            let indent = widths[0] + 2;
            let message = clean(&reason.message);
            writeln!(out, "{:indent$}{red}! {message}{red:#}", "")?;
            let hint = reason
                .hint
                .as_deref()
                .filter(|_| reason.code == "permission");
            hints.extend(hint.filter(|hint| !hints.contains(hint)));
        }
    }
    for hint in hints {
        writeln!(out, "fix: {}", clean(hint))?;
    }
    Ok(())
}

fn line(
    cells: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
    command: &str,
    width: usize,
) -> String {
    let mut text = String::new();
    for ((cell, &columns_wide), right) in cells.iter().zip(widths).zip(ALIGNED_RIGHT) {
        let padding = " ".repeat(columns_wide.saturating_sub(columns(cell)));
        let (before, after) = if right {
            (padding.as_str(), "")
        } else {
            ("", padding.as_str())
        };
        text.extend([before, cell, after, "  "]);
    }
    let left = width.saturating_sub(columns(&text)).max(16);
    text.push_str(&cut(command, left));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;
    use crate::report::fixtures;

    fn candidate(pid: u32, command: &[&str]) -> Candidate {
        Candidate {
            pid,
            parent: Some(1),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            uid: 1000,
            user: Some("app".into()),
            executable: None,
            readable: true,
        }
    }

    fn counts() -> Counts {
        let process = fixtures::bank();
        Counts {
            python: process.python,
            threads: process.threads.len(),
            tasks: process.tasks.len(),
        }
    }

    #[test]
    fn readable_processes_have_their_counts_and_others_their_reason() {
        let denied = process::Error::Permission {
            pid: 77,
            reason: "it belongs to root".into(),
            fix: "use sudo".into(),
        };
        let entries = [
            Entry::new(
                candidate(4242, &["python3", "/srv/bank.py", "\u{1b}[2J"]),
                Ok(&counts()),
            ),
            Entry::new(
                candidate(77, &["python3", "/srv/other.py"]),
                Err(Reason::from(&denied)),
            ),
        ];
        let mut out = Vec::new();
        write(&mut out, &entries, 69).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            " PID  VERSION  USER  THREADS  TASKS  VERDICT  COMMAND
4242  3.13.0   app         2      6  -        python3 /srv/bank.py \\…
  77  -        app         -      -  -        python3 /srv/other.py
      ! no permission to read the memory of process 77: it belongs to root
fix: use sudo
"
        );
    }
}
