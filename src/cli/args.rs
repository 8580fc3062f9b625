//! The command-line arguments. Help texts, completions and the manual page are
//! generated from these definitions.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Arg, Args, CommandFactory, Parser, Subcommand, ValueHint, value_parser};
use clap_complete::Shell;
use python_offsets::SUPPORTED;

use super::check_arguments::CheckArguments;
use super::convert_arguments::ConvertArguments;
use super::dap_arguments::DapArguments;
use super::diff_arguments::{DiffArguments, DiffFormat};
use super::format::{Format, FormatArguments, ListFormat, ListFormatArguments};
use super::help_text::{CAPTURE_HELP, DAP_HELP, REPORT_HELP};
use super::record_arguments::{ProfileFormat, RecordArguments};
use super::top_arguments::TopArguments;
use super::watch_arguments::WatchArguments;
use crate::capture::At;
use crate::inspect::Source;
use crate::inspect::inspection::Inspection;
use crate::inspect::recording::Recording;
use crate::inspect::{SampleOptions, Scope};
use crate::limits::Limits;

/// Names of the options that need a running process, and so conflict with
/// `--capture`.
pub(super) const LIVE_ONLY: [&str; 6] = [
    "children",
    "pid",
    "no_pause",
    "max_pause",
    "samples",
    "interval",
];

/// What the program does, for `--help`.
fn long_about() -> String {
    format!(
        "{ABOUT}\n\nReads a running CPython {SUPPORTED} process and shows each thread and each \
         asyncio task with its whole chain of awaits and what it waits for."
    )
}

const ABOUT: &str = "See every thread and asyncio task of a running Python process, from outside";

#[derive(Debug, Parser)]
#[command(
    name = "dapper-attach",
    version,
    about = ABOUT,
    long_about = long_about(),
    after_long_help = REPORT_HELP,
    after_help = "Examples, permissions and exit status: --help",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(super) struct Arguments {
    /// The command; `None` for a report.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of a report.
    #[command(flatten)]
    pub report: ReportArguments,
}

impl Arguments {
    /// Parses the arguments of this process. On wrong usage, prints the error
    /// and exits with status 2; on `--help` and `--version`, prints and exits
    /// with status 0.
    pub(super) fn from_command_line() -> Self {
        Self::from_words(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Parses a command line, whose first word is the name of the program.
    fn from_words<W>(words: impl IntoIterator<Item = W>) -> Result<Self, clap::Error>
    where
        W: Into<std::ffi::OsString> + Clone,
    {
        let arguments = Self::try_parse_from(words)?;
        match arguments.conflict() {
            Some(message) => Err(Self::command().error(ErrorKind::ArgumentConflict, message)),
            None => Ok(arguments),
        }
    }

    /// An option that does not go with the value of another: clap knows no such conflict.
    fn conflict(&self) -> Option<&'static str> {
        let is_text = |show: &ShowArguments| show.format.chosen() == Format::Text;
        if self
            .report_options()
            .is_some_and(|it| it.threads && !is_text(it))
        {
            return Some("the argument '--threads' can only be used with '--format text'");
        }
        match &self.command {
            Some(Command::Record(record))
                if record.no_memory && record.chosen() != ProfileFormat::Dapper =>
            {
                Some("the argument '--no-memory' can only be used with '--format dapper'")
            }
            _ => None,
        }
    }

    /// The options of the report that is printed; `None` for commands that
    /// print no report.
    fn report_options(&self) -> Option<&ShowArguments> {
        match &self.command {
            None => Some(&self.report.show),
            Some(Command::Report(report)) => Some(&report.show),
            Some(Command::Demo(demo)) => Some(&demo.show),
            Some(_) => None,
        }
    }

    /// Whether standard output is to be JSON, also for an error.
    pub(super) fn prints_json(&self) -> bool {
        match &self.command {
            Some(Command::Ps(ps)) => ps.format.chosen() == ListFormat::Json,
            Some(Command::Check(check)) => check.format.chosen() == ListFormat::Json,
            Some(Command::Diff(diff)) => diff.chosen() == DiffFormat::Json && diff.path().is_none(),
            _ => (self.report_options()).is_some_and(|show| show.format.chosen() == Format::Json),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the report of a process, a capture or a recording
    ///
    /// The same as without a command, but the file is named without --capture.
    #[command(mut_arg("capture", positional), after_long_help = REPORT_HELP)]
    Report(ReportArguments),
    /// Check a process for the usual mistakes with asyncio
    ///
    /// Covers debug mode, slow callbacks, coroutines that nobody awaits, tasks
    /// that the garbage collector may take, exceptions that nobody retrieved,
    /// leaks, closed loops and executors, with what was found for each. Runs
    /// nothing in the process.
    Check(CheckArguments),
    /// Record a process in a file, to inspect it later or on another machine
    ///
    /// Writes what was read of the process into one compressed file that only you
    /// can read. The report, check and dap take it with --capture FILE instead of
    /// --pid, on any machine, and show what they would have shown then.
    #[command(after_long_help = CAPTURE_HELP)]
    Capture(CaptureArguments),
    /// Serve an editor: a debug adapter that attaches to running processes
    ///
    /// Speaks the Debug Adapter Protocol on standard input and output, or to one
    /// client after another on a port or socket. It only reads: it has no
    /// breakpoints and no stepping, and runs nothing in the process.
    #[command(after_long_help = DAP_HELP)]
    Dap(DapArguments),
    /// Record over time what all tasks and threads do and wait for, and for how long
    ///
    /// Looks at the process many times a second, without stopping it, and writes a page with a
    /// flame graph of task time by reason, or another format. Ctrl-C ends it and writes.
    Record(RecordArguments),
    /// Write a recording over time in another format
    ///
    /// Each format is what `record` would have written in it.
    Convert(ConvertArguments),
    /// Compare two recordings over time, and say what takes longer and why
    ///
    /// Compares the time of each group of tasks, reason and stack per finished task, and shows what
    /// changed by more than noise.
    Diff(DiffArguments),
    /// Look at a running process as it lives: loops, tasks, threads, resources, waits
    ///
    /// A live view for a terminal. Looks a few times a second, without stopping the process,
    /// within a budget of processor time.
    Top(TopArguments),
    /// Watch a process, and print a line when a step blocks its loop, and when it hangs
    ///
    /// Looks at the loops without stopping the process, within a budget of processor time, and
    /// judges it from time to time. Goes on until the process ends.
    Watch(WatchArguments),
    /// List the Python processes of this machine, each with its verdict
    Ps(PsArguments),
    /// Start a small program that hangs, and report on it
    Demo(DemoArguments),
    /// Print a completion script for a shell
    ///
    /// For example: dapper-attach completions bash > /etc/bash_completion.d/dapper-attach
    Completions {
        /// The shell to print it for
        shell: Shell,
    },
    /// Print the manual page
    ///
    /// For example: dapper-attach man | man -l -
    Man,
}

/// An option as the first argument that is none.
fn positional(option: Arg) -> Arg {
    option.long(None).index(1)
}

/// The options of a report.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// The process to inspect
    // An `Option`, because a command does not need it.
    #[arg(short, long, required_unless_present = "capture", value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Inspect this capture instead of a process; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = LIVE_ONLY)]
    pub capture: Option<PathBuf>,
    /// Of a recording over time, the look at or before this time: 12.5 seconds, -3 from the end,
    /// 03:12:04 in UTC, or last
    #[arg(long, value_name = "TIME", value_parser = str::parse::<At>, requires = "capture", conflicts_with = "pid")]
    #[arg(allow_hyphen_values = true)]
    pub at: Option<At>,
    /// Inspect all processes below it as well
    #[arg(long)]
    pub children: bool,
    /// How the process is read.
    #[command(flatten)]
    pub read: ReadArguments,
    /// What is printed.
    #[command(flatten)]
    pub show: ShowArguments,
    /// Exit with status 3 if the process hangs or blocks its event loop
    #[arg(long, help_heading = "Output")]
    pub exit_code: bool,
}

/// The options of `capture`.
#[derive(Debug, Args)]
pub(super) struct CaptureArguments {
    /// The process to record
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: u32,
    /// Record all processes below it as well
    #[arg(long)]
    pub children: bool,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Leave out the values of variables and whatever the report does not show
    #[arg(long, conflicts_with = "locals")]
    pub redact: bool,
    /// Also write the recorded snapshot to this file, as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// How the process is read.
    #[command(flatten)]
    pub read: ReadArguments,
}

/// How a process is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(super) struct ReadArguments {
    /// Read local variables too
    #[arg(long)]
    pub locals: bool,
    /// Never stop the process; the report says which parts may not fit together
    #[arg(long)]
    pub no_pause: bool,
    /// Stop the process for at most this many milliseconds
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 100,
        conflicts_with = "no_pause"
    )]
    #[arg(value_parser = value_parser!(u64).range(1..=60_000))]
    pub max_pause: u64,
    /// Take this many samples, to see what moves between them
    #[arg(long, value_name = "N", default_value_t = 2)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000))]
    pub samples: u32,
    /// Wait this many seconds between two samples
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = interval)]
    pub interval: Duration,
}

fn interval(text: &str) -> Result<Duration, String> {
    const MAX_S: f64 = 3_600.0;
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    match (0.0..=MAX_S).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("it must be between 0 and 3600".to_owned()),
    }
}

impl ReadArguments {
    /// The inspection of the running process `pid`.
    pub(super) fn live(&self, pid: u32, children: bool) -> Inspection {
        Inspection {
            source: Source::Live,
            pid,
            children,
            samples: self.samples,
            interval: self.interval,
            options: self.options(),
        }
    }

    /// The inspection of a capture.
    pub(super) fn recorded(&self, recording: Arc<Recording>) -> Inspection {
        Inspection::of(recording, self.options())
    }

    fn options(&self) -> SampleOptions {
        SampleOptions {
            locals: self.locals,
            no_pause: self.no_pause,
            max_pause: Duration::from_millis(self.max_pause),
            scope: Scope::Everything,
            limits: Limits::default(),
        }
    }
}

/// What a report contains, and how it is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct ShowArguments {
    /// The output format.
    #[command(flatten)]
    pub format: FormatArguments,
    /// Only tasks with this name, coroutine or id, in full; * and ? are wildcards
    ///
    /// A name that matches exactly is preferred to one that contains the text.
    /// Can be given more than once.
    #[arg(long, value_name = "NAME")]
    pub task: Vec<String>,
    /// Only threads with this name or native id, in full; * and ? are wildcards
    #[arg(long, value_name = "NAME|TID")]
    pub thread: Vec<String>,
    /// Only threads: one sample, no verdict
    #[arg(long, conflicts_with_all = ["task", "thread"])]
    pub threads: bool,
    /// Show every frame, also those of libraries, each on its own line
    #[arg(long)]
    pub all_frames: bool,
    /// Above this number of tasks, tasks with equal chains share a row; 0: never
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub group_above: usize,
    /// Colours and width.
    #[command(flatten)]
    pub terminal: TerminalArguments,
}

/// Colours and width of text for people.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct TerminalArguments {
    /// When to use colours; auto respects NO_COLOR and CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: clap::ColorChoice,
    /// Lay out for this many columns instead of the terminal's width
    #[arg(long, value_name = "N")]
    pub width: Option<usize>,
}

/// The options of `ps`.
#[derive(Debug, Args)]
pub(super) struct PsArguments {
    /// Leave out the verdicts, which take half a second
    #[arg(long)]
    pub no_verdict: bool,
    /// The output format.
    #[command(flatten)]
    pub format: ListFormatArguments,
    /// Colours and width.
    #[command(flatten)]
    pub terminal: TerminalArguments,
}

/// The options of `demo`.
#[derive(Debug, Args)]
pub(super) struct DemoArguments {
    /// The interpreter to start, Python 3.7 or later
    #[arg(long, value_name = "PATH", default_value = "python3", value_hint = ValueHint::ExecutablePath)]
    pub python: PathBuf,
    /// How the process is read.
    #[command(flatten)]
    pub read: ReadArguments,
    /// What is printed.
    #[command(flatten)]
    pub show: ShowArguments,
}

#[cfg(test)]
mod tests;
