//! `dapper-attach watch --children`: a process and all Python processes below it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::record::note;
use super::watch::{Gives, open, watch};
use super::watch_arguments::WatchArguments;
use crate::inspect::watching::LOADING;
use crate::plain_text::clean;
use crate::process::{Error, Process};

/// Processes that began are looked for so often.
const PERIOD: Duration = Duration::from_millis(500);

/// Watches the process in one thread, and each process below it in one of its own, until the
/// process itself has ended or `end` says so.
///
/// # Errors
/// If the process itself cannot be read. Of a child that cannot, a line on stderr says so.
pub(super) fn run(arguments: &WatchArguments, end: &Arc<AtomicBool>) -> Result<(), Failure> {
    let watcher = open(arguments)?;
    let process = Process::open(arguments.pid)?;
    let gives = Gives::start(arguments)?;
    let of_children = gives.of_child();
    thread::scope(|scope| {
        let root = scope.spawn(move || watch(watcher, arguments, end, gives));
        let mut known = BTreeSet::new();
        while !root.is_finished() {
            let now: BTreeSet<u32> = process.children().into_iter().collect();
            known.retain(|pid| now.contains(pid));
            for pid in now {
                if known.insert(pid) {
                    let gives = of_children.of_child();
                    scope.spawn(move || child(arguments, pid, end, &gives));
                }
            }
            sleep(PERIOD);
        }
        // What is left of the tree is not watched any more.
        end.store(true, Ordering::Relaxed);
        match root.join() {
            Ok(watched) => watched,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Watches a child, once it runs Python.
fn child(arguments: &WatchArguments, pid: u32, end: &Arc<AtomicBool>, gives: &Gives) {
    let own = WatchArguments {
        pid,
        ..arguments.clone()
    };
    let until = Instant::now() + LOADING;
    while !end.load(Ordering::Relaxed) {
        let why = match open(&own) {
            Ok(watcher) => match watch(watcher, &own, end, gives.of_child()) {
                Ok(()) => return,
                Err(Failure::Refused(reason)) => reason.message,
                Err(Failure::Output(_)) => {
                    // Nobody reads the events any more.
                    end.store(true, Ordering::Relaxed);
                    return;
                }
            },
            Err(Error::Gone { .. } | Error::NoSuchProcess { .. } | Error::Zombie { .. }) => return,
            Err(Error::NotPython { .. }) if Instant::now() >= until => return,
            Err(_) if Instant::now() < until => {
                sleep(PERIOD);
                continue;
            }
            Err(error) => error.to_string(),
        };
        note(&format!("child {pid} is not watched: {}", clean(&why)));
        return;
    }
}
