//! What the command line accepts: help, completions and man page come from here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueHint, value_parser};
use clap_complete::Shell;
use python_offsets::SUPPORTED;

use super::examples::{CAPTURE_EXAMPLES, DAP_EXAMPLES, MORE};
use crate::inspect::Source;
use crate::inspect::inspection::Capture;
use crate::inspect::recording::Recording;
use crate::limits::Limits;
use crate::sampling::take::{Scope, TakeOptions};

/// Options that only a process that runs can be read with.
const OF_A_PROCESS: [&str; 6] = [
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
    after_long_help = MORE,
    after_help = "Examples, permissions and exit status: --help",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub report: ReportArguments,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer the questions of asyncio's debugging guide about a process
    ///
    /// Debug mode, slow callbacks, coroutines that nobody awaits, tasks that may
    /// vanish, lost exceptions, leaks, closed loops, executors: each with what
    /// was seen. Nothing is asked of the process itself.
    Check(CheckArguments),
    /// Record what a snapshot is made from, to look at it elsewhere and later
    ///
    /// Writes what was read of the process into one file, compressed, readable by
    /// you alone. The report, --json, check and dap take it with --capture FILE
    /// instead of --pid, on any machine, and say the same as was seen.
    #[command(after_long_help = CAPTURE_EXAMPLES)]
    Capture(CaptureArguments),
    /// Serve an editor: a debug adapter that attaches to running processes
    ///
    /// Speaks the Debug Adapter Protocol on standard input and output, or to one
    /// client after another on a port or socket. It only looks: no breakpoints,
    /// no stepping, nothing is run in the process.
    #[command(after_long_help = DAP_EXAMPLES)]
    Dap(DapArguments),
    /// List the Python processes of this machine
    Ps(PsArguments),
    /// Start a small program that hangs, and report on it
    Demo(DemoArguments),
    /// Print a completion script for a shell
    ///
    /// For example: dapper-attach completions bash > /etc/bash_completion.d/dapper-attach
    Completions { shell: Shell },
    /// Print the manual page
    ///
    /// For example: dapper-attach man | man -l -
    Man,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The process to look into
    // An `Option`, for it is not required beside a subcommand.
    #[arg(short, long, required_unless_present = "capture", value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Look into a capture instead; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = OF_A_PROCESS)]
    pub capture: Option<PathBuf>,
    /// Look into every process below it as well
    #[arg(long)]
    pub children: bool,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub show: ShowArguments,
    /// Exit with status 3 when the process hangs or blocks its event loop
    #[arg(long, help_heading = "Output")]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
pub struct CaptureArguments {
    /// The process to record
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: u32,
    /// Record every process below it as well
    #[arg(long)]
    pub children: bool,
    /// The file to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Leave out the values of variables, and all else that the report does not show
    #[arg(long, conflicts_with = "locals")]
    pub redact: bool,
    /// Write the snapshot that is recorded to this file as well, as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    #[command(flatten)]
    pub read: ReadArguments,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The process to look into
    #[arg(short, long, required_unless_present = "capture", value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Look into a capture instead; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = &OF_A_PROCESS[1..])]
    pub capture: Option<PathBuf>,
    /// Print the answers as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub terminal: TerminalArguments,
}

#[derive(Debug, Args)]
pub struct DapArguments {
    /// Attach to this process, whatever the client says
    #[arg(short, long, value_parser = value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Show this capture, whatever the client says
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "pid")]
    pub capture: Option<PathBuf>,
    /// Wait for clients on this port; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "socket")]
    pub listen: Option<String>,
    /// Wait for clients on a Unix socket that only you may use
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// Listen to other machines too; clients must say a token
    ///
    /// The token is DAPPER_ATTACH_TOKEN, or is made up and printed. Nothing is
    /// encrypted: prefer `ssh -L 5678:127.0.0.1:5678 HOST`.
    #[arg(long, requires = "listen")]
    pub allow_remote: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub struct ReadArguments {
    /// Read local variables too
    #[arg(long)]
    pub locals: bool,
    /// Never stop the process: parts may not fit together, and the report says so
    #[arg(long)]
    pub no_pause: bool,
    /// Let the process stand still for at most so many milliseconds
    #[arg(
        long,
        value_name = "MS",
        default_value_t = 100,
        conflicts_with = "no_pause"
    )]
    #[arg(value_parser = value_parser!(u64).range(1..=60_000))]
    pub max_pause: u64,
    /// Look so many times before saying whether anything moves
    #[arg(long, value_name = "N", default_value_t = 2)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000))]
    pub samples: u32,
    /// Wait so many seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = interval)]
    pub interval: Duration,
}

fn interval(text: &str) -> Result<Duration, String> {
    const LONGEST_S: f64 = 3_600.0;
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    match (0.0..=LONGEST_S).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("it must be between 0 and 3600".to_owned()),
    }
}

impl ReadArguments {
    /// What is wanted of the process `pid`.
    pub fn capture(&self, pid: u32, children: bool) -> Capture {
        Capture {
            source: Source::Live,
            pid,
            children,
            samples: self.samples,
            interval: self.interval,
            options: self.options(),
        }
    }

    /// What is wanted of a capture.
    pub fn recorded(&self, recording: Arc<Recording>) -> Capture {
        Capture::of(recording, self.options())
    }

    fn options(&self) -> TakeOptions {
        TakeOptions {
            locals: self.locals,
            no_pause: self.no_pause,
            max_pause: Duration::from_millis(self.max_pause),
            scope: Scope::Everything,
            limits: Limits::default(),
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ShowArguments {
    /// Print the snapshot as JSON
    #[arg(long)]
    pub json: bool,
    /// Print who waits for whom as a Graphviz graph
    #[arg(long, conflicts_with = "json")]
    pub dot: bool,
    /// Only tasks of this name, coroutine or id, in full; * and ? match any text
    ///
    /// A name that matches exactly wins, else any that contains the text. May be
    /// given more than once.
    #[arg(long, value_name = "NAME")]
    pub task: Vec<String>,
    /// Only threads of this name or native id, in full; * and ? match any text
    #[arg(long, value_name = "NAME|TID")]
    pub thread: Vec<String>,
    /// Threads only
    #[arg(long, conflicts_with_all = ["json", "dot", "task", "thread"])]
    pub threads: bool,
    /// Show every frame, those of libraries too, each on a line of its own
    #[arg(long)]
    pub all_frames: bool,
    /// Let tasks with equal chains share a row above this number of tasks; 0: never
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub group_above: usize,
    #[command(flatten)]
    pub terminal: TerminalArguments,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct TerminalArguments {
    /// Use colours; NO_COLOR and CLICOLOR_FORCE are heeded
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: clap::ColorChoice,
    /// Lay out for so many columns instead of the terminal's
    #[arg(long, value_name = "N")]
    pub width: Option<usize>,
}

#[derive(Debug, Args)]
pub struct PsArguments {
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
    /// Only list: do not look, for half a second, whether each goes on
    #[arg(long)]
    pub no_verdict: bool,
    #[command(flatten)]
    pub terminal: TerminalArguments,
}

#[derive(Debug, Args)]
pub struct DemoArguments {
    /// The interpreter to start, 3.7 or later
    #[arg(long, value_name = "PATH", default_value = "python3", value_hint = ValueHint::ExecutablePath)]
    pub python: PathBuf,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub show: ShowArguments,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_pid_or_a_command_is_required() {
        let refused = |line: &[&str]| Arguments::try_parse_from(line).unwrap_err().kind();
        assert_eq!(
            refused(&["dapper-attach"]),
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        );
        assert_eq!(
            refused(&["dapper-attach", "--json"]),
            ErrorKind::MissingRequiredArgument
        );
        assert_eq!(
            refused(&["dapper-attach", "-p", "0"]),
            ErrorKind::ValueValidation
        );
        assert_eq!(
            refused(&["dapper-attach", "-p", "1", "--json", "--dot"]),
            ErrorKind::ArgumentConflict
        );
        for process in [&["-p", "1"][..], &["--samples", "3"], &["--children"]] {
            let line = [&["dapper-attach", "--capture", "a"], process].concat();
            assert_eq!(refused(&line), ErrorKind::ArgumentConflict);
        }
        for line in [
            &["dapper-attach", "-p", "1"][..],
            &["dapper-attach", "ps", "--json"],
            &["dapper-attach", "--capture", "a", "--json"],
            &["dapper-attach", "capture", "-p", "1", "-o", "a"],
        ] {
            assert!(Arguments::try_parse_from(line).is_ok(), "{line:?}");
        }
    }

    #[test]
    fn reading_stops_the_process_for_a_tenth_of_a_second_at_most() {
        let arguments = Arguments::try_parse_from(["dapper-attach", "-p", "1"]).unwrap();
        let options = arguments.report.read.options();
        assert_eq!(options.max_pause, Duration::from_millis(100));
        assert!(!options.no_pause && !options.locals);
    }
}
