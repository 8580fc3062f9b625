//! Whole looks at threads and loops, in a thread of their own: light looks go on meanwhile.

use std::time::Duration;

use super::super::budget::thread_cpu;
use crate::inspect::on_demand::OnDemand;
use crate::model::Process;
use crate::process::Error;
use crate::sampling::light::LoopPlaces;
use crate::sampling::sampler::Sampler;
use crate::snapshot::options::{SampleOptions, Scope};

/// A whole look.
pub(super) struct WholeLook {
    /// What it found, and where its loops have the words of light looks.
    pub(super) found: Result<(Process, LoopPlaces), Error>,
    /// `time.monotonic()` of the process when the look began, in seconds. 0 if the process could
    /// not be opened.
    pub(super) began_s: f64,
    /// Processor time that it took.
    pub(super) cost: Duration,
}

/// A thread that takes a whole look when it is asked to.
pub(super) type WholeLooks = OnDemand<WholeLook>;

/// Starts such a thread for the process `pid`.
pub(super) fn start(pid: u32) -> WholeLooks {
    OnDemand::start(move || {
        let mut opened = None;
        move || {
            let before = thread_cpu();
            let (began_s, found) = match opened.take().map_or_else(|| open(pid), Ok) {
                Ok(mut sampler) => {
                    let began_s = sampler.clock_s();
                    let found = sampler.look().map(|process| {
                        let places = sampler.places(&process);
                        (process, places)
                    });
                    opened = Some(sampler);
                    (began_s, found)
                }
                Err(error) => (0.0, Err(error)),
            };
            let cost = thread_cpu().saturating_sub(before);
            WholeLook {
                found,
                began_s,
                cost,
            }
        }
    })
}

fn open(pid: u32) -> Result<Sampler, Error> {
    let options = SampleOptions {
        no_pause: true,
        scope: Scope::Threads,
        ..SampleOptions::default()
    };
    Ok(Sampler::open(pid, &options, false)?.deciding_soon())
}
