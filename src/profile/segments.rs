//! Cutting a timeline in two, and putting pieces one after the other again: so that the last
//! minutes can be kept and what is older forgotten.

use rustc_hash::FxHashMap;

use super::interval::Interval;
use super::iterations::{Lag, Step};
use super::stacks::{State, StateId, States};
use super::timeline::{Open, Timeline};
use crate::model::ItemId;

/// The numbers that states of one timeline have in another.
struct Numbers<'f> {
    from: &'f States,
    known: FxHashMap<StateId, StateId>,
}

impl<'f> Numbers<'f> {
    fn of(from: &'f States) -> Self {
        Self {
            from,
            known: FxHashMap::default(),
        }
    }

    fn state(&mut self, to: &mut States, id: StateId) -> Option<StateId> {
        if let Some(known) = self.known.get(&id) {
            return Some(*known);
        }
        let number = to.adopt(self.from, self.from.get(id)?);
        self.known.insert(id, number);
        Some(number)
    }

    fn name(&self, to: &mut States, name: u32) -> u32 {
        to.add_name(self.from.name(name))
    }

    fn step(&mut self, to: &mut States, step: &Step) -> Step {
        Step {
            event_loop: self.name(to, step.event_loop),
            state: step.state.and_then(|id| self.state(to, id)),
            ..*step
        }
    }
}

impl States {
    /// The number of a state of other states, which is added with all that it consists of.
    fn adopt(&mut self, from: &Self, state: &State) -> StateId {
        let places = from.places_of(state.stack).cloned();
        let reason = from.reason(state).cloned();
        let adopted = State {
            stack: self.add_places(places),
            reason: reason.map(|reason| self.add_reason(reason)),
            group: self.add_name(from.name(state.group)),
            event_loop: (state.event_loop).map(|name| self.add_name(from.name(name))),
            ..*state
        };
        self.add(adopted)
    }
}

impl Timeline {
    /// Takes out all up to now, as a timeline that is finished. What goes on begins now.
    pub fn split(&mut self, at_ns: u64) -> Self {
        let mut next = Self {
            loops: self.loops.clone(),
            looks: self.looks,
            last_ns: self.last_ns,
            ..Self::default()
        };
        let mut numbers = Numbers::of(&self.states);
        for (item, open) in &self.open {
            let mut number = |id| numbers.state(&mut next.states, id);
            let Some(state) = number(open.state) else {
                continue;
            };
            let goes_on = Open {
                state,
                since_ns: at_ns.max(open.since_ns),
                ran: open.ran.and_then(&mut number),
                told: false,
                ..open.clone()
            };
            next.open.insert(*item, goes_on);
        }
        let running = self.iterations.running();
        let running = running.map(|step| numbers.step(&mut next.states, step));
        let running = running.collect();
        next.iterations.put(Vec::new(), Vec::new(), running);
        let mut before = std::mem::replace(self, next);
        before.finish(at_ns);
        before
    }
}

/// Pieces that are put together, each after the one before.
pub(super) struct Joiner {
    timeline: Timeline,
    /// When the first piece begins: times of the whole count from there.
    from_ns: u64,
    /// The last interval of each item.
    last: FxHashMap<ItemId, usize>,
}

impl Joiner {
    /// No piece yet. The whole begins at `from_ns` of the pieces.
    pub(super) fn new(from_ns: u64) -> Self {
        Self {
            timeline: Timeline::default(),
            from_ns,
            last: FxHashMap::default(),
        }
    }

    /// Adds the next piece, which must be finished.
    pub(super) fn add(&mut self, piece: &Timeline) {
        let mut numbers = Numbers::of(&piece.states);
        let whole = &mut self.timeline;
        whole.looks = piece.looks;
        whole.left_out += piece.left_out;
        for (id, sum) in (0..).map(StateId).zip(&piece.sums) {
            if let Some(id) = numbers.state(&mut whole.states, id) {
                let all = whole.sum(id);
                all.wall_ns = all.wall_ns.saturating_add(sum.wall_ns);
                all.cpu_ns = all.cpu_ns.saturating_add(sum.cpu_ns);
                all.looks = all.looks.saturating_add(sum.looks);
            }
        }
        for interval in &piece.intervals {
            let Some(state) = numbers.state(&mut whole.states, interval.state) else {
                continue;
            };
            let next = Interval {
                state,
                from_ns: interval.from_ns.saturating_sub(self.from_ns),
                to_ns: interval.to_ns.saturating_sub(self.from_ns),
                ..*interval
            };
            let last = self.last.get(&next.item).copied();
            let last = last.and_then(|at| whole.intervals.get_mut(at));
            match last {
                // It was cut where the piece begins.
                Some(last) if last.state == state && last.to_ns == next.from_ns => {
                    last.to_ns = next.to_ns;
                }
                _ => {
                    self.last.insert(next.item, whole.intervals.len());
                    whole.intervals.push(next);
                }
            }
        }
        for lag in piece.iterations.lags() {
            whole.iterations.add_lag(Lag {
                event_loop: numbers.name(&mut whole.states, lag.event_loop),
                at_ns: lag.at_ns.saturating_sub(self.from_ns),
                ..*lag
            });
        }
        for step in piece.iterations.ended() {
            let step = Step {
                from_ns: step.from_ns.saturating_sub(self.from_ns),
                ..numbers.step(&mut whole.states, step)
            };
            whole.iterations.keep_longer(step);
        }
    }

    /// All pieces as one timeline, which is finished.
    pub(super) fn end(mut self) -> Timeline {
        let whole = &mut self.timeline;
        whole.kept = whole.intervals.len();
        whole.intervals.sort_by_key(|it| (it.from_ns, it.to_ns));
        self.timeline
    }
}
