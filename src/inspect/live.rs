//! Running processes of this machine.

use std::collections::hash_map::Entry;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::inspection::{Inspection, InspectionSamples, now, snapshot_of};
use super::sources::ProcessSources;
use super::target::{Attached, Target};
use crate::diagnosis::Sources;
use crate::model::Process;
use crate::process::{self, Error};
use crate::sampling::sampler::Sampler;

/// Longest time between two calls of `go_on` during a wait.
const GO_ON_PERIOD: Duration = Duration::from_millis(20);

/// The running processes of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live;

impl Target for Live {
    fn samples(&self, capture: &Inspection) -> Result<InspectionSamples, Error> {
        let mut earlier: FxHashMap<u32, Vec<Process>> = FxHashMap::default();
        let mut asked = Sampler::open(capture.pid, &capture.options, false)?;
        let mut children: FxHashMap<u32, Sampler> = FxHashMap::default();
        let open = |child| Sampler::open(child, &capture.options, false);
        for _ in 1..capture.samples {
            earlier
                .entry(capture.pid)
                .or_default()
                .push(asked.glance()?);
            for child in children_of(capture)? {
                // Whether the child can be read is reported with the last sample.
                if let Entry::Vacant(vacant) = children.entry(child)
                    && let Ok(watch) = open(child)
                {
                    vacant.insert(watch);
                }
                if let Some(Ok(process)) = children.get_mut(&child).map(Sampler::glance) {
                    earlier.entry(child).or_default().push(process);
                }
            }
            sleep(capture.interval);
        }
        let taken_at = now();
        let mut processes = vec![asked.look()?];
        for child in children_of(capture)? {
            let mut watch = children.remove(&child).map_or_else(|| open(child), Ok);
            // The stops of others count as new waits of theirs: what they rest in is asked twice
            // between two stops.
            if let Ok(watch) = &mut watch
                && let Some(before) = earlier.get_mut(&child).and_then(|it| it.last_mut())
                && !before.resting.is_empty()
                && let Ok(now) = watch.glance()
            {
                before.resting = now.resting;
            }
            match watch.and_then(|mut watch| watch.look()) {
                Ok(process) => processes.push(process),
                Err(error) => processes[0].errors.push(format!("child {child}: {error}")),
            }
        }
        Ok(InspectionSamples {
            snapshot: snapshot_of(taken_at, processes),
            earlier,
        })
    }

    fn attach(
        &self,
        capture: &Inspection,
        freeze: Option<Duration>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Attached>, Error> {
        let mut watch = Sampler::open(capture.pid, &capture.options, true)?;
        let began = Instant::now();
        let mut earlier = Vec::new();
        for _ in 1..capture.samples {
            earlier.push(watch.glance()?);
            if !wait(capture.interval, go_on) {
                return Ok(None);
            }
        }
        let (process, stop) = match freeze {
            None => (watch.look()?, None),
            Some(limit) => watch
                .freeze(limit)
                .map(|(process, stop)| (process, Some(stop)))?,
        };
        Ok(Some(Attached {
            process,
            kept: watch.kept(stop)?,
            earlier,
            began: Some(began),
        }))
    }

    fn files(&self, pid: u32) -> Box<dyn Sources + Send> {
        Box::new(ProcessSources::new(pid))
    }
}

/// Pids of the descendants of the requested process. Empty unless they were asked
/// for.
///
/// # Errors
/// If the requested process has ended.
pub(super) fn children_of(capture: &Inspection) -> Result<Vec<u32>, Error> {
    match capture.children {
        true => Ok(process::Process::open(capture.pid)?.children()),
        false => Ok(Vec::new()),
    }
}

/// Waits for `interval`, or until `go_on` returns false. Returns whether the whole
/// time has passed.
fn wait(interval: Duration, go_on: &dyn Fn() -> bool) -> bool {
    let until = Instant::now() + interval;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if !go_on() {
            return false;
        }
        sleep(left.min(GO_ON_PERIOD));
    }
    true
}
