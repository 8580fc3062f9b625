//! The loops of a process over the last minute: for how long an event has to wait, and how busy
//! they are.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::recent::percentile;
use super::words;
use crate::model::{Index, ItemId, LoopState, Process, ThreadState};

/// How far back the figures go, in seconds.
pub const WINDOW_S: f64 = 60.0;
/// Looks that are kept of a loop.
const MAX_LOOKS: usize = 8_192;

/// What a look found of a loop.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at_s: f64,
    /// The age of its iteration; 0 while it polls. `None` if it is not known.
    age_s: Option<f64>,
    /// Whether it did anything but poll.
    is_busy: bool,
}

/// One loop.
#[derive(Debug, Clone)]
pub struct LoopEntry {
    /// `#1 MainThread`.
    pub name: String,
    /// What it does now, with the time for which it has.
    pub now: String,
    /// Whether its thread is in a step that has lasted for long.
    pub is_blocked: bool,
    /// Handles in its ready queue. `None` if it is not known.
    pub ready: Option<u64>,
    seen: VecDeque<Seen>,
    seen_s: f64,
}

/// For how long an event that comes at a random moment waits until the loop polls, at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// Half of them wait for no longer.
    pub p50_s: f64,
    /// 99 of 100.
    pub p99_s: f64,
    /// The longest.
    pub max_s: f64,
}

/// What threads did with the GIL.
#[derive(Debug, Clone, Copy)]
struct Gil {
    at_s: f64,
    is_held: bool,
    waiting: u32,
}

/// All loops, and the GIL.
#[derive(Debug, Clone, Default)]
pub struct Loops {
    loops: FxHashMap<ItemId, LoopEntry>,
    gil: VecDeque<Gil>,
    named: usize,
}

/// Age from which on an iteration blocks its loop, in seconds.
const BLOCKED_S: f64 = 1.0;

impl Loops {
    /// Adds a light look.
    pub fn light_look(&mut self, process: &Process, at_s: f64) {
        let index = Index::new(process);
        for event_loop in &process.loops {
            let named = &mut self.named;
            let entry = self.loops.entry(event_loop.id).or_insert_with(|| {
                *named += 1;
                let thread = event_loop.thread.and_then(|id| index.thread(id));
                let thread = thread.map_or("no thread".to_owned(), |it| words::short(&it.name));
                LoopEntry {
                    name: format!("#{named} {thread}"),
                    now: String::new(),
                    is_blocked: false,
                    ready: None,
                    seen: VecDeque::new(),
                    seen_s: at_s,
                }
            });
            let state = event_loop.state;
            entry.seen_s = at_s;
            entry.ready = event_loop.ready;
            let age_s = event_loop.iteration_s.map(|age_s| age_s.max(0.0));
            entry.is_blocked = age_s.is_some_and(|age_s| age_s >= BLOCKED_S);
            entry.now = match (state, event_loop.since()) {
                (LoopState::Polling, _) => "polling".to_owned(),
                (LoopState::Stopped, _) => "stopped".to_owned(),
                (_, Some(since)) if entry.is_blocked => format!("BLOCKED {}", since.lasts),
                (LoopState::Blocked | LoopState::Running, Some(since)) => {
                    format!("runs {}", since.lasts)
                }
                (LoopState::Blocked, None) => "in a call that blocks".to_owned(),
                (LoopState::Running, None) => "runs".to_owned(),
            };
            if state == LoopState::Stopped {
                continue;
            }
            entry.seen.push_back(Seen {
                at_s,
                age_s: match (age_s, state) {
                    (None, LoopState::Polling) => Some(0.0),
                    (age_s, _) => age_s,
                },
                is_busy: state != LoopState::Polling,
            });
            forget(&mut entry.seen, |it| it.at_s, at_s);
        }
        self.loops.retain(|_, entry| at_s - entry.seen_s < WINDOW_S);
        if !process.python.free_threaded {
            let waits = |state| state == ThreadState::WaitingGil;
            self.gil.push_back(Gil {
                at_s,
                is_held: process.threads.iter().any(|it| it.holds_gil == Some(true)),
                waiting: process.threads.iter().filter(|it| waits(it.state)).count() as u32,
            });
            forget(&mut self.gil, |it| it.at_s, at_s);
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.gil.clear();
        for entry in self.loops.values_mut() {
            entry.seen.clear();
        }
    }

    /// All loops, the one with the longest lag first.
    pub fn worst_first(&self) -> Vec<&LoopEntry> {
        let mut loops: Vec<&LoopEntry> = self.loops.values().collect();
        let longest = |entry: &LoopEntry| entry.lag().map_or(-1.0, |lag| lag.p99_s);
        loops.sort_by(|a, b| longest(b).total_cmp(&longest(a)).then(a.name.cmp(&b.name)));
        loops
    }

    /// Part of the looks at which a thread held the GIL, and how many threads waited for it on
    /// average. `None` without looks, and for builds without a GIL.
    pub fn gil(&self) -> Option<(f64, f64)> {
        let looks = self.gil.len() as f64;
        let held = self.gil.iter().filter(|it| it.is_held).count() as f64;
        let waiting: u32 = self.gil.iter().map(|it| it.waiting).sum();
        (looks > 0.0).then(|| (held / looks, f64::from(waiting) / looks))
    }
}

impl LoopEntry {
    /// Its lag over the last minute. `None` if the ages of its iterations are not known.
    pub fn lag(&self) -> Option<Lag> {
        let ages: Vec<f64> = self.seen.iter().filter_map(|it| it.age_s).collect();
        let part = |part| percentile(ages.iter().copied(), part);
        Some(Lag {
            p50_s: part(0.5)?,
            p99_s: part(0.99)?,
            max_s: part(1.0)?,
        })
    }

    /// Part of the looks of the last minute that found the age of its iteration.
    pub fn known(&self) -> Option<f64> {
        let looks = self.seen.len() as f64;
        let known = self.seen.iter().filter(|it| it.age_s.is_some()).count() as f64;
        (looks > 0.0).then(|| known / looks)
    }

    /// Part of the looks of the last minute at which it did anything but poll.
    pub fn busy(&self) -> Option<f64> {
        let looks = self.seen.len() as f64;
        let busy = self.seen.iter().filter(|it| it.is_busy).count() as f64;
        (looks > 0.0).then(|| busy / looks)
    }

    /// The greatest ages of as many equal parts of the last minute. `None` where no look was.
    pub fn history(&self, at_s: f64, parts: usize) -> Vec<Option<f64>> {
        let mut history = vec![None; parts];
        let width = WINDOW_S / parts.max(1) as f64;
        for seen in &self.seen {
            let back = ((at_s - seen.at_s).max(0.0) / width) as usize;
            let place = parts.checked_sub(back + 1);
            if let (Some(place), Some(age_s)) = (place, seen.age_s)
                && let Some(greatest) = history.get_mut(place)
            {
                *greatest = Some(greatest.map_or(age_s, |it: f64| it.max(age_s)));
            }
        }
        history
    }
}

/// Drops what is older than the window.
fn forget<T>(seen: &mut VecDeque<T>, time: impl Fn(&T) -> f64, at_s: f64) {
    while seen.len() > MAX_LOOKS || seen.front().is_some_and(|it| at_s - time(it) > WINDOW_S) {
        seen.pop_front();
    }
}
