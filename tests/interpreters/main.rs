//! dapper-attach against real interpreters: one file per capability.
//!
//! Each test is named `CAPABILITY::LEG::CASE`, e.g. `chains::3.11::anext_builtin`.
//! The legs are what `scripts/interpreters` found; one that is missing is an
//! ignored test that says why. `cargo test --test interpreters -- chains::3.14d`
//! runs a part.

mod chains;
mod coroutines;
mod debug_mode;
mod edges;
mod locals;
mod loops;
mod running;
mod states;
mod support;
mod threads;

use std::process::ExitCode;

use libtest_mimic::Trial;
use support::legs::Manifest;

fn main() -> ExitCode {
    let suites = vec![
        chains::suite(),
        coroutines::suite(),
        debug_mode::suite(),
        edges::suite(),
        locals::suite(),
        loops::suite(),
        running::suite(),
        states::suite(),
        threads::suite(),
    ];
    support::suite::main(suites, by_hand)
}

/// Tests that are not cases of a program.
fn by_hand(_: &Manifest) -> Vec<Trial> {
    Vec::new()
}
