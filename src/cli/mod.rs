//! The command line: one file per command.

mod args;
mod capture;
mod check;
mod check_arguments;
mod completions;
mod convert;
mod convert_arguments;
mod dap;
mod dap_arguments;
mod demo;
mod diff;
mod diff_arguments;
mod failure;
mod format;
mod help_text;
mod launch;
mod man;
mod on_hang;
mod output;
mod ps;
mod record;
mod record_arguments;
mod record_children;
mod record_stream;
mod report;
mod screen;
mod top;
mod top_arguments;
mod watch;
mod watch_arguments;
mod watch_children;
mod watch_events;
mod watch_keep;
mod watch_metrics;

use std::process::ExitCode;

use procfs::process::Process;

use args::{Arguments, Command};

/// The highest `oom_score_adj`: the kernel ends this process before all others
/// (`OOM_SCORE_ADJ_MAX` in `include/uapi/linux/oom.h` of Linux).
const MAX_OOM_SCORE_ADJ: i16 = 1000;

/// Runs the command line and returns the exit status: 0 for success, 1 for a
/// failure that was explained on stderr, 3 for a process that hangs if
/// `--exit-code` was given and for a broken rule of `diff`. Wrong usage exits at once with status 2.
pub fn run() -> ExitCode {
    let arguments = Arguments::from_command_line();
    prefer_own_oom_kill();
    let as_json = arguments.prints_json();
    let result = match &arguments.command {
        None => report::run(&arguments.report),
        Some(Command::Report(report)) => report::run(report),
        Some(Command::Dap(dap)) => dap::run(dap),
        Some(Command::Demo(demo)) => succeeded(demo::run(demo)),
        Some(Command::Ps(ps)) => succeeded(ps::run(ps)),
        Some(Command::Record(record)) => record::run(record),
        Some(Command::Convert(convert)) => succeeded(convert::run(convert)),
        Some(Command::Diff(arguments)) => diff::run(arguments),
        Some(Command::Top(top)) => succeeded(top::run(top)),
        Some(Command::Watch(watch)) => succeeded(watch::run(watch)),
        Some(Command::Capture(capture)) => succeeded(capture::run(capture)),
        Some(Command::Check(check)) => succeeded(check::run(check)),
        Some(Command::Completions { shell }) => succeeded(completions::run(*shell)),
        Some(Command::Man) => succeeded(man::run()),
    };
    match result {
        Ok(status) => status,
        Err(failure) => failure.report(as_json),
    }
}

fn succeeded(result: Result<(), failure::Failure>) -> Result<ExitCode, failure::Failure> {
    result.map(|()| ExitCode::SUCCESS)
}

/// Asks the kernel to end dapper-attach first when memory runs out. In a
/// container with a memory limit, the inspected process shares that limit and is
/// larger, so the kernel would end it instead.
fn prefer_own_oom_kill() {
    // Without `/proc` no process can be inspected anyway.
    let _ = Process::myself().and_then(|own| own.set_oom_score_adj(MAX_OOM_SCORE_ADJ));
}
