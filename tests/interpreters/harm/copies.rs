//! Several copies of dapper-attach look at one process at once.

use std::thread;

use libtest_mimic::Trial;

use super::heart::Heart;
use super::rounds;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::{Outcome, attach, ensure};

const ROUNDS: usize = 10;

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    on_every_leg(
        manifest,
        "harm",
        |_| None,
        &[
            ("two_copies_at_once", |leg| copies(leg, 2)),
            ("five_copies_at_once", |leg| copies(leg, 5)),
        ],
    )
}

fn copies(leg: &Leg, count: usize) -> Outcome {
    let mut heart = Heart::start(leg, 20, "")?;
    for _ in 0..rounds(ROUNDS) {
        let pid = heart.pid();
        let looks: Vec<_> = (0..count)
            .map(|_| thread::spawn(move || attach::process(pid, &["--interval", "0.02"])))
            .collect();
        heart.send_more()?;
        for look in looks {
            let process = look.join().map_err(|_| "a look panicked")??;
            let whole = process.threads.len() >= 22 && !process.tasks.is_empty();
            let said = process.read.consistency == "stopped" || process.read.note.is_some();
            // The walk over all objects of a running process may not come to an end.
            let mut errors = process.errors.iter();
            let known = errors.all(|error| error.starts_with("finished tasks may be missing"));
            ensure(whole && said && known, || {
                format!(
                    "{} threads, {} tasks, {:?}, {:?}",
                    process.threads.len(),
                    process.tasks.len(),
                    process.read,
                    process.errors
                )
            })?;
        }
        heart.is_free()?;
        heart.goes_on()?;
    }
    heart.got_all_signals()
}
