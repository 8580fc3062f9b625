//! The command line: one file per command.

mod args;
mod capture;
mod completions;
mod demo;
mod failure;
mod man;
mod output;
mod ps;
mod report;
mod select;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

/// Runs the command line; the status is 0, or 1 with a sentence on stderr, or
/// 2 for wrong usage.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let json = match &arguments.command {
        None => arguments.report.show.json,
        Some(Command::Demo(demo)) => demo.show.json,
        Some(Command::Ps(ps)) => ps.json,
        Some(Command::Completions { .. } | Command::Man) => false,
    };
    let done = match &arguments.command {
        None => report::run(&arguments.report),
        Some(Command::Demo(demo)) => demo::run(demo),
        Some(Command::Ps(ps)) => ps::run(ps),
        Some(Command::Completions { shell }) => completions::run(*shell),
        Some(Command::Man) => man::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json),
    }
}
