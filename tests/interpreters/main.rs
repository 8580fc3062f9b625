//! dapper-attach against real interpreters: one file per capability.
//!
//! Each test is named `CAPABILITY::LEG::CASE`, e.g. `chains::3.11::anext_builtin`.
//! The legs are what `scripts/interpreters` found; one that is missing is an
//! ignored test that says why. `cargo test --test interpreters -- chains::3.14d`
//! runs a part.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "a test program has no interface, and makes system calls of its own"
)]

mod bundles;
mod capture;
mod chains;
mod churn;
mod cli;
mod coroutines;
mod cython;
mod dap;
mod debug_mode;
mod discovery;
mod edges;
mod evaluate;
mod gil;
mod hangs;
mod harm;
mod heap;
mod holders;
mod locals;
mod loops;
mod many;
mod metrics;
mod nest_asyncio;
mod record;
mod recording;
mod running;
mod servers;
mod since;
mod states;
mod subinterpreters;
mod support;
mod threads;
mod top;
mod untouched;
mod uvloop;
mod watch;

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
        uvloop::suite(),
        nest_asyncio::suite(),
    ];
    support::suite::main(suites, by_hand)
}

/// Tests that are not cases of a program.
fn by_hand(manifest: &Manifest) -> Vec<Vec<Trial>> {
    [
        bundles::trials(manifest),
        capture::trials(manifest),
        churn::trials(manifest),
        cli::trials(manifest),
        cython::trials(manifest),
        dap::trials(manifest),
        discovery::trials(manifest),
        evaluate::trials(manifest),
        gil::trials(manifest),
        holders::trials(manifest),
        hangs::trials(manifest),
        harm::trials(manifest),
        heap::trials(manifest),
        many::trials(manifest),
        metrics::trials(manifest),
        record::trials(manifest),
        recording::trials(manifest),
        servers::trials(manifest),
        since::trials(manifest),
        subinterpreters::trials(manifest),
        top::trials(manifest),
        untouched::trials(manifest),
        watch::trials(manifest),
    ]
    .into_iter()
    .flatten()
    .collect()
}
