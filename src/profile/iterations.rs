//! The iterations of loops: how old they are at each look, and which blocked their loop for long.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::stacks::StateId;
use crate::model::float_bits;
use crate::model::{ItemId, Process};

/// Iterations whose beginnings differ by less are the same: a clock of the process is read a
/// moment before or after ours.
const SAME_ITERATION_NS: u64 = 1_000_000;
/// From this length on an iteration is slow: 10 ms.
const SLOW_NS: u64 = 10_000_000;
/// Maximum number of slow iterations that are listed.
const MAX_SLOW: usize = 50;
/// Slow iterations that are kept before the shorter half is dropped.
const MAX_KEPT: usize = 1_000;
/// Ages that are kept before each two become one.
const MAX_LAGS: usize = 1 << 17;

/// The age of the iteration of a loop at a look: so long does an event wait that arrives then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lag {
    /// Number of the name of the loop.
    pub event_loop: u32,
    /// When, since the beginning of the recording.
    pub at_ns: u64,
    /// The age in seconds; 0 while the loop polls.
    #[serde(with = "float_bits")]
    pub age_s: f64,
}

/// An iteration of a loop that was seen at one or more looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Number of the name of the loop.
    pub event_loop: u32,
    /// When it began, since the beginning of the recording.
    pub from_ns: u64,
    /// Its age at the last look that saw it: it lasted at least so long.
    pub lasted_ns: u64,
    /// What ran at that look. `None` if that is not known.
    pub state: Option<StateId>,
}

/// The iterations of all loops of a recording.
#[derive(Debug, Clone, Default)]
pub struct Iterations {
    lags: Vec<Lag>,
    /// The iteration that each loop runs, by the number of its name.
    running: FxHashMap<u32, Step>,
    /// Slow iterations that have ended.
    slow: Vec<Step>,
}

impl Iterations {
    /// Adds a look, taken `at_ns` after the beginning. `loops` has the number of the name of each
    /// loop, `state_of` the state of a task or thread at this look.
    pub fn look(
        &mut self,
        process: &Process,
        at_ns: u64,
        loops: &FxHashMap<ItemId, u32>,
        state_of: &dyn Fn(ItemId) -> Option<StateId>,
    ) {
        for event_loop in &process.loops {
            let Some(name) = loops.get(&event_loop.id).copied() else {
                continue;
            };
            let Some(age_s) = event_loop.lag_s() else {
                continue;
            };
            self.add_lag(Lag {
                event_loop: name,
                at_ns,
                age_s,
            });
            if event_loop.iteration_s.is_none() {
                self.end(name);
                continue;
            }
            let mut threads = process.threads.iter();
            let thread = threads.find(|it| Some(it.id) == event_loop.thread);
            let runs = thread.and_then(|thread| thread.task.or(Some(thread.id)));
            let lasted_ns = (age_s * 1e9) as u64;
            self.add(Step {
                event_loop: name,
                // One that began before the recording is as old as the recording.
                from_ns: at_ns.saturating_sub(lasted_ns),
                lasted_ns,
                state: runs.and_then(state_of),
            });
        }
    }

    /// The ages at all looks, in their order. Of a long recording, the greatest of several.
    pub fn lags(&self) -> &[Lag] {
        &self.lags
    }

    /// The iterations that blocked a loop for long, the longest first.
    pub fn slow(&self) -> Vec<&Step> {
        let running = self
            .running
            .values()
            .filter(|step| step.lasted_ns >= SLOW_NS);
        let mut slow: Vec<&Step> = self.slow.iter().chain(running).collect();
        slow.sort_by_key(|step| (std::cmp::Reverse(step.lasted_ns), step.from_ns));
        slow.truncate(MAX_SLOW);
        slow
    }

    fn add(&mut self, seen: Step) {
        let known = self.running.get_mut(&seen.event_loop);
        let same = |step: &&mut Step| step.from_ns.abs_diff(seen.from_ns) < SAME_ITERATION_NS;
        if let Some(step) = known.filter(same) {
            step.lasted_ns = step.lasted_ns.max(seen.lasted_ns);
            step.state = seen.state.or(step.state);
            return;
        }
        self.end(seen.event_loop);
        self.running.insert(seen.event_loop, seen);
    }

    /// Ends the iterations that run.
    pub(super) fn finish(&mut self) {
        for step in self.running_slow() {
            self.end(step.event_loop);
        }
        self.running.clear();
    }

    /// The slow iterations that have not ended, in the order of their beginnings.
    pub(super) fn running_slow(&self) -> Vec<Step> {
        let slow = self.running.values().filter(|it| it.lasted_ns >= SLOW_NS);
        let mut slow: Vec<Step> = slow.copied().collect();
        slow.sort_by_key(|step| (step.from_ns, step.event_loop));
        slow
    }

    /// The iterations that have not ended.
    pub(super) fn running(&self) -> impl Iterator<Item = &Step> {
        self.running.values()
    }

    /// The slow iterations that have ended, in the order in which they did.
    pub(super) fn ended(&self) -> &[Step] {
        &self.slow
    }

    /// Adds a slow iteration that has ended, or lengthens it if it was added when it went on.
    pub(super) fn keep_longer(&mut self, step: Step) {
        let same = |it: &&mut Step| {
            it.event_loop == step.event_loop
                && it.from_ns.abs_diff(step.from_ns) < SAME_ITERATION_NS
        };
        match self.slow.iter_mut().find(same) {
            Some(known) if known.lasted_ns >= step.lasted_ns => {}
            Some(known) => *known = step,
            None => self.keep(step),
        }
    }

    /// Takes out all ages, and all slow iterations that have ended.
    pub(super) fn take(&mut self) -> (Vec<Lag>, Vec<Step>) {
        (
            std::mem::take(&mut self.lags),
            std::mem::take(&mut self.slow),
        )
    }

    /// Adds what [`Self::take`] took out, and the iterations that ran then.
    pub(super) fn put(&mut self, lags: Vec<Lag>, slow: Vec<Step>, running: Vec<Step>) {
        for lag in lags {
            self.add_lag(lag);
        }
        for step in slow {
            self.keep(step);
        }
        let running = running.into_iter().map(|step| (step.event_loop, step));
        self.running = running.collect();
    }

    fn end(&mut self, event_loop: u32) {
        let ended = self.running.remove(&event_loop);
        if let Some(step) = ended.filter(|step| step.lasted_ns >= SLOW_NS) {
            self.keep(step);
        }
    }

    fn keep(&mut self, step: Step) {
        self.slow.push(step);
        if self.slow.len() > MAX_KEPT {
            self.slow
                .sort_by_key(|step| std::cmp::Reverse(step.lasted_ns));
            self.slow.truncate(MAX_KEPT / 2);
        }
    }

    pub(super) fn add_lag(&mut self, lag: Lag) {
        self.lags.push(lag);
        if self.lags.len() > MAX_LAGS {
            self.lags = thinned(&self.lags);
        }
    }
}

/// Half of the ages: of each two of one loop the greater.
fn thinned(lags: &[Lag]) -> Vec<Lag> {
    let mut kept: Vec<Lag> = Vec::with_capacity(lags.len() / 2 + 1);
    let mut open: FxHashMap<u32, Lag> = FxHashMap::default();
    for lag in lags {
        match open.remove(&lag.event_loop) {
            Some(before) if before.age_s > lag.age_s => kept.push(before),
            Some(_) => kept.push(*lag),
            None => drop(open.insert(lag.event_loop, *lag)),
        }
    }
    kept.extend(open.into_values());
    kept.sort_by_key(|lag| lag.at_ns);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_recording_keeps_the_greatest_ages_of_each_loop() {
        let mut iterations = Iterations::default();
        for at_ns in 0..3 * MAX_LAGS as u64 {
            let age_s = if at_ns == 12_345 { 9.0 } else { 0.001 };
            let event_loop = u32::from(at_ns % 2 == 0);
            iterations.add_lag(Lag {
                event_loop,
                at_ns,
                age_s,
            });
        }
        let lags = iterations.lags();
        assert!(lags.len() <= MAX_LAGS);
        assert!(lags.is_sorted_by_key(|lag| lag.at_ns));
        assert_eq!(lags.iter().filter(|lag| lag.age_s == 9.0).count(), 1);
    }

    #[test]
    fn fast_iterations_are_not_kept() {
        let mut iterations = Iterations::default();
        for number in 0..10_000 {
            iterations.add(Step {
                event_loop: 0,
                from_ns: number * 50_000_000,
                lasted_ns: if number % 3 == 0 {
                    20_000_000 + number
                } else {
                    1_000_000
                },
                state: None,
            });
        }
        assert!(iterations.slow.len() <= MAX_KEPT);
        let longest = iterations.slow()[0].lasted_ns;
        assert_eq!((longest, iterations.slow().len()), (20_009_999, MAX_SLOW));
    }
}
