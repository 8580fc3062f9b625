//! The command line: one file per command.

mod args;
mod capture;
mod check;
mod completions;
mod dap;
mod demo;
mod examples;
mod failure;
mod man;
mod output;
mod ps;
mod report;

use std::process::ExitCode;

use clap::Parser;
use procfs::process::Process;

use args::{Arguments, Command};

/// The kernel ends whoever has it before all others (`OOM_SCORE_ADJ_MAX`,
/// include/uapi/linux/oom.h of Linux).
const FIRST_TO_END: i16 = 1000;

/// Runs the command line; the status is 0, or 1 with a sentence on stderr, 2
/// for wrong usage, or 3 for a process that is stuck where that was asked for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    be_first_to_end();
    let json = match &arguments.command {
        None => arguments.report.show.json,
        Some(Command::Demo(demo)) => demo.show.json,
        Some(Command::Ps(ps)) => ps.json,
        Some(Command::Check(check)) => check.json,
        Some(
            Command::Capture(_) | Command::Completions { .. } | Command::Dap(_) | Command::Man,
        ) => false,
    };
    let done = match &arguments.command {
        None => report::run(&arguments.report),
        Some(Command::Demo(demo)) => demo::run(demo).map(|()| ExitCode::SUCCESS),
        Some(Command::Ps(ps)) => ps::run(ps).map(|()| ExitCode::SUCCESS),
        Some(Command::Dap(dap)) => dap::run(dap),
        Some(Command::Capture(capture)) => capture::run(capture).map(|()| ExitCode::SUCCESS),
        Some(Command::Check(check)) => check::run(check).map(|()| ExitCode::SUCCESS),
        Some(Command::Completions { shell }) => {
            completions::run(*shell).map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Man) => man::run().map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(status) => status,
        Err(failure) => failure.report(json),
    }
}

/// Where memory runs out, we are to end: a process that is looked at may have to
/// share its limit with us, and would be ended for being the larger one.
fn be_first_to_end() {
    // Without `/proc` there is nothing to look at either.
    let _ = Process::myself().and_then(|own| own.set_oom_score_adj(FIRST_TO_END));
}
