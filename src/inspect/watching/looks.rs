//! The looks for steps that block a loop.
//!
//! A light look reads a few words of each loop, many times a second. A whole look at threads and
//! loops costs many times as much: it says what runs and where the words lie, and is taken at random
//! moments, and where a light look finds that an iteration gets long. Light looks go on meanwhile.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::super::budget::{Budget, thread_cpu};
use super::verdicts::VERDICT_PART;
use super::whole::{self, WholeLook, WholeLooks};
use super::{Event, Watch, WatchOptions};
use crate::model::{IdMap, ItemId, LoopSeen, Process};
use crate::process::{self, Error, LimitedGroups, ProcessMemory};
use crate::profile::steps::SlowSteps;
use crate::sampling::light::LightLook;
use crate::sampling::schedule::Schedule;

/// Whole looks a second at random moments, if what they cost allows.
const WHOLE_RATE: f64 = 10.0;
/// Looks a second that are taken whatever they cost.
const MIN_RATE: f64 = 1.0;
/// Part of the processor time for whole looks, and for light looks. The rest is for verdicts.
const LOOK_PART: f64 = (1.0 - VERDICT_PART) / 2.0;
/// Part of the age from which on a step is told, at which a whole look says what runs.
const ASKED_AT: f64 = 0.5;
/// The next whole look at the same iteration is taken when it is so many times as old.
const ASKED_AGAIN: f64 = 2.0;
/// Most moments that are told of at one light look: after a longer time nothing is known of most.
const MAX_MOMENTS: f64 = 50.0;
/// Longest time between two whole looks at one iteration, in seconds.
const MAX_ASKED_AFTER_S: f64 = 0.5;
/// The first look is waited for in pieces of this length.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Looks at one process.
pub(super) struct Looks {
    process: process::Process,
    groups: LimitedGroups,
    memory: ProcessMemory,
    /// The thread that runs each loop.
    threads: IdMap<u32>,
    steps: SlowSteps,
    slow_s: f64,
    light: LightLook,
    /// When light looks are taken, and what they may cost.
    light_schedule: Schedule,
    light_budget: Budget,
    whole: WholeLooks,
    /// Which whole looks are to be taken.
    wanted: Wanted,
    /// Whether the one that is being taken is one at a random moment.
    is_random: bool,
    /// When whole looks at random moments are taken, and what whole looks may cost.
    whole_schedule: Schedule,
    whole_budget: Budget,
    whole_at: Instant,
    /// What the last light look at a random moment found of each loop, and when.
    glimpses: IdMap<(f64, LoopSeen)>,
    light_rate: f64,
    /// The long iteration of each loop: since when it runs, and at what age the next whole look
    /// at it is taken, in seconds.
    asked: IdMap<(f64, f64)>,
}

/// Why a whole look is to be taken.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    /// It is time for one at a random moment.
    is_due: bool,
    /// An iteration is long.
    is_long: bool,
}

impl Looks {
    /// Opens the process. Also returns what the first look found.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn open(options: &WatchOptions) -> Result<(Self, Process), Error> {
        let pid = options.pid;
        let opened = process::Process::open(pid)?;
        let mut whole = whole::start(pid);
        whole.ask();
        let first = loop {
            match whole.wait(FIRST_WAIT) {
                Some(first) => break first,
                None if whole.is_asked() => {}
                None => return Err(Error::Gone { pid }),
            }
        };
        let (process, places) = first.found?;
        let now = Instant::now();
        let (part, rate) = (options.max_overhead, WHOLE_RATE.min(options.rate));
        let mut whole_schedule = Schedule::new(now, rate);
        let mut looks = Self {
            memory: opened.memory(),
            groups: opened.limited_groups(),
            process: opened,
            threads: threads(&process),
            steps: SlowSteps::new(options.slow_s),
            slow_s: options.slow_s,
            light: LightLook::default(),
            light_schedule: Schedule::steady(now, options.rate),
            light_budget: Budget::new(part * LOOK_PART, options.rate, MIN_RATE),
            whole,
            wanted: Wanted::default(),
            is_random: false,
            whole_at: whole_schedule.after(now),
            whole_schedule,
            whole_budget: Budget::new(part * LOOK_PART, rate, MIN_RATE),
            glimpses: IdMap::default(),
            light_rate: options.rate,
            asked: IdMap::default(),
        };
        looks.light.note(places);
        // Steps that go on now are told by the looks to come; their loops have names from now on.
        if let Some(clock_s) = process.clock_s {
            looks.steps.look(&process, first.began_s, clock_s);
        }
        Ok((looks, process))
    }

    /// When the next look is taken.
    pub(super) fn next(&mut self) -> Instant {
        self.light_schedule.after(Instant::now())
    }

    /// Takes a light look, and asks for a whole one where that is due. Adds what they tell to
    /// `events`. Returns whether one that was asked for was taken.
    ///
    /// # Errors
    /// If it could not be taken.
    pub(super) fn take(
        &mut self,
        watch: &mut dyn Watch,
        events: &mut Vec<Event>,
    ) -> Result<bool, Error> {
        let before = thread_cpu();
        self.look_lightly(watch, events);
        let cost = thread_cpu().saturating_sub(before);
        if let Some(rate) = self.light_budget.looked(cost) {
            self.light_schedule.set_rate(rate);
            self.light_rate = rate;
            events.push(Event::Thinned { rate });
        }
        let result = match self.whole.ready() {
            Some(look) => self.looked(look, watch, events).map(|()| true),
            None => Ok(false),
        };
        let now = Instant::now();
        if now >= self.whole_at {
            self.whole_at = self.whole_schedule.after(now);
            self.wanted.is_due = true;
        }
        if (self.wanted.is_due || self.wanted.is_long) && self.whole.ask() {
            self.steps.look_begins();
            self.is_random = self.wanted.is_due;
            self.wanted = Wanted::default();
        }
        result
    }

    /// Takes a light look, and tells `watch` of it.
    fn look_lightly(&mut self, watch: &mut dyn Watch, events: &mut Vec<Event>) {
        let began_s = self.process.monotonic_s();
        let seen = self.light.take(&self.memory);
        let clock_s = began_s..self.process.monotonic_s();
        for (id, seen) in seen {
            self.glimpsed(watch, id, seen, middle(&clock_s));
            let thread = self.threads.get(&id);
            let mut delays = || self.process.delays(*thread?, &self.groups);
            let told = self.steps.glimpse(id, seen, &clock_s, &mut delays);
            events.extend(told.map(Event::Slow));
            match seen {
                LoopSeen::Runs { since_s, .. } => {
                    let age_s = clock_s.start - since_s;
                    self.wanted.is_long |= self.is_asked(id, since_s, age_s);
                }
                LoopSeen::Polls => drop(self.asked.swap_remove(&id)),
                LoopSeen::NotKnown => {}
            }
        }
    }

    /// Tells of the moments since the last light look. A whole look takes as long as several light
    /// ones, and longer while the loop runs: without the moments meanwhile, too few would be busy.
    fn glimpsed(&mut self, watch: &mut dyn Watch, id: ItemId, seen: LoopSeen, at_s: f64) {
        if matches!(seen, LoopSeen::NotKnown) {
            return;
        }
        let now = (at_s, seen);
        let before = self.glimpses.insert(id, now);
        let gap_s = before.map_or(0.0, |(before_s, _)| at_s - before_s);
        let count = (gap_s * self.light_rate).round().clamp(1.0, MAX_MOMENTS) as u32;
        for age_s in ages(before.unwrap_or(now), now, count) {
            watch.glimpsed(id, age_s);
        }
    }

    /// Whether the iteration of a loop is old enough for a whole look, or for another one.
    fn is_asked(&mut self, id: ItemId, since_s: f64, age_s: f64) -> bool {
        let at_s = match self.asked.get(&id) {
            Some((since, at_s)) if *since == since_s => *at_s,
            _ => self.slow_s * ASKED_AT,
        };
        let asks = age_s >= at_s;
        if asks {
            let next_s = (age_s * ASKED_AGAIN).min(age_s + MAX_ASKED_AFTER_S);
            self.asked.insert(id, (since_s, next_s));
        }
        asks
    }

    /// A whole look was taken.
    fn looked(
        &mut self,
        look: WholeLook,
        watch: &mut dyn Watch,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        if let Some(rate) = self.whole_budget.looked(look.cost) {
            self.whole_schedule.set_rate(rate);
        }
        // What is asked for because something is long says nothing of random moments.
        if self.is_random {
            watch.looked(look.found.as_ref().ok().map(|(process, _)| process));
        }
        let told = match look.found {
            Ok((process, places)) => {
                self.light.note(places);
                self.threads = threads(&process);
                let is_there = |id: &ItemId| process.loops.iter().any(|it| it.id == *id);
                self.glimpses.retain(|id, _| is_there(id));
                // Without its clock, the age of an iteration says nothing.
                match process.clock_s {
                    Some(clock_s) => self.steps.look(&process, look.began_s, clock_s),
                    None => self.steps.look_failed(),
                }
            }
            Err(error) => {
                let told = self.steps.look_failed();
                events.extend(told.into_iter().map(Event::Slow));
                return Err(error);
            }
        };
        events.extend(told.into_iter().map(Event::Slow));
        Ok(())
    }
}

/// The kernel's id of the thread that runs each loop.
fn threads(process: &Process) -> IdMap<u32> {
    let loops = process.loops.iter().filter_map(|event_loop| {
        let thread = event_loop.thread?;
        let thread = process.threads.iter().find(|it| it.id == thread)?;
        Some((event_loop.id, u32::try_from(thread.native_id).ok()?))
    });
    loops.collect()
}

fn middle(clock_s: &Range<f64>) -> f64 {
    clock_s.start + (clock_s.end - clock_s.start) / 2.0
}

/// The ages of the iteration of a loop at `count` moments after the look before, up to this one. What
/// runs at this look is as old as it is; what ran at the look before may have ended at any time.
fn ages(before: (f64, LoopSeen), now: (f64, LoopSeen), count: u32) -> impl Iterator<Item = f64> {
    let ((from_s, was), (to_s, is)) = (before, now);
    let began_s = match is {
        LoopSeen::Runs { since_s, .. } => since_s,
        LoopSeen::Polls | LoopSeen::NotKnown => f64::INFINITY,
    };
    let border_s = from_s + (began_s.min(to_s) - from_s) / 2.0;
    (1..=count).map(move |number| {
        let at_s = from_s + (to_s - from_s) * f64::from(number) / f64::from(count);
        match was {
            _ if began_s <= at_s => at_s - began_s,
            LoopSeen::Runs { since_s, .. } if at_s < border_s => (at_s - since_s).max(0.0),
            _ => 0.0,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn runs(since_s: f64) -> LoopSeen {
        LoopSeen::Runs {
            since_s,
            in_call: true,
        }
    }

    #[test]
    fn moments_without_a_look_have_the_ages_that_the_looks_around_them_tell() {
        let ages = |before, now| ages((10.0, before), (10.4, now), 4).collect::<Vec<f64>>();
        let close = |found: Vec<f64>, right: [f64; 4]| {
            let mut pairs = found.iter().zip(&right);
            assert!(pairs.all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        };
        close(ages(runs(9.0), runs(9.0)), [1.1, 1.2, 1.3, 1.4]);
        close(ages(LoopSeen::Polls, LoopSeen::Polls), [0.0; 4]);
        close(ages(LoopSeen::Polls, runs(10.25)), [0.0, 0.0, 0.05, 0.15]);
        close(ages(runs(9.0), LoopSeen::Polls), [1.1, 0.0, 0.0, 0.0]);
        close(ages(runs(9.0), runs(10.35)), [1.1, 0.0, 0.0, 0.05]);
    }
}
