//! A timeline in parts, so that it can be written while it is recorded, and is whole when the parts
//! are put together again.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::interval::{Interval, Sum};
use super::iterations::{Lag, Step};
use super::reason::Reason;
use super::stacks::{Place, State, StateId, States};
use super::timeline::{MAX_INTERVALS, Open, Timeline};
use crate::model::ItemId;

/// What a timeline got since the part before. The numbers are those of the tables of the whole
/// timeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// When the part ends, in nanoseconds since the beginning of the recording.
    pub at_ns: u64,
    /// Whether it is the last one: all of its intervals have ended.
    pub last: bool,
    places: Vec<Place>,
    stacks: Vec<Box<[u32]>>,
    reasons: Vec<Reason>,
    names: Vec<String>,
    states: Vec<State>,
    /// The sums that changed, by the number of their state.
    sums: Vec<(StateId, Sum)>,
    /// Intervals that ended, in the order in which they did.
    ended: Vec<Interval>,
    /// Intervals that began and go on: item, state, beginning.
    began: Vec<(ItemId, StateId, u64)>,
    /// Intervals that are in the sums only, of the whole recording.
    left_out: u64,
    lags: Vec<Lag>,
    slow: Vec<Step>,
    /// Slow iterations of loops that have not ended.
    running: Vec<Step>,
}

/// What the parts of a timeline have told so far.
#[derive(Debug, Clone, Default)]
pub struct Told {
    places: usize,
    stacks: usize,
    reasons: usize,
    names: usize,
    states: usize,
    sums: Vec<Sum>,
}

/// Why a part does not belong to a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PartError {
    /// It refers to an entry of a table that is not there, or repeats one.
    #[error("it refers to what is not there")]
    Reference,
    /// There are more intervals than a recording can have.
    #[error("it has more intervals than fit")]
    TooMany,
}

impl Timeline {
    /// Takes out what is not in the parts that `told` knows of.
    pub fn take_part(&mut self, told: &mut Told, at_ns: u64) -> Part {
        let sums = self.changed_sums(told);
        let (lags, slow) = self.iterations.take();
        let states = &self.states;
        let mut began = Vec::new();
        for (item, open) in self.open.iter_mut().filter(|(_, open)| !open.told) {
            open.told = true;
            began.push((*item, open.state, open.since_ns));
        }
        began.sort_unstable_by_key(|(item, _, since_ns)| (*since_ns, *item));
        Part {
            at_ns,
            last: self.open.is_empty() && self.is_finished(),
            places: new(&states.places, &mut told.places),
            stacks: new(&states.stacks, &mut told.stacks),
            reasons: new(&states.reasons, &mut told.reasons),
            names: new(&states.names, &mut told.names),
            states: new(&states.states, &mut told.states),
            sums,
            ended: std::mem::take(&mut self.intervals),
            began,
            left_out: self.left_out,
            lags,
            slow,
            running: self.iterations.running_slow(),
        }
    }

    /// Adds what another timeline gave as the part after those that were added.
    ///
    /// # Errors
    /// If it does not belong to them. Some of it may have been added then.
    pub fn add_part(&mut self, part: Part) -> Result<(), PartError> {
        self.states.extend(&part)?;
        let states = self.states.len();
        let is_known = |state: StateId| (state.0 as usize) < states;
        let mut named = (part.sums.iter().map(|(state, _)| *state))
            .chain(part.ended.iter().map(|it| it.state))
            .chain(part.began.iter().map(|(_, state, _)| *state))
            .chain(part.slow.iter().filter_map(|it| it.state))
            .chain(part.running.iter().filter_map(|it| it.state));
        if !named.all(is_known) {
            return Err(PartError::Reference);
        }
        if self.sums.len() < states {
            self.sums.resize(states, Sum::default());
        }
        for (state, sum) in part.sums {
            self.sums[state.0 as usize] = sum;
        }
        self.kept = self.kept.saturating_add(part.ended.len());
        if self.kept > MAX_INTERVALS {
            return Err(PartError::TooMany);
        }
        for interval in &part.ended {
            self.open.remove(&interval.item);
        }
        self.intervals.extend(part.ended);
        // Of intervals that are left out, nobody tells that they ended.
        if part.last || part.left_out > 0 {
            self.open.clear();
        }
        for (item, state, since_ns) in part.began {
            self.open.insert(item, Open::told(state, since_ns));
        }
        self.left_out = part.left_out;
        self.iterations.put(part.lags, part.slow, part.running);
        Ok(())
    }

    fn changed_sums(&self, told: &mut Told) -> Vec<(StateId, Sum)> {
        told.sums.resize(self.sums.len(), Sum::default());
        let both = (0..).map(StateId).zip(self.sums.iter().zip(&told.sums));
        let changed = both.filter(|(_, (now, before))| now != before);
        let changed = changed.map(|(state, (now, _))| (state, *now)).collect();
        told.sums.clone_from(&self.sums);
        changed
    }
}

impl States {
    /// Adds the new entries of all tables.
    fn extend(&mut self, part: &Part) -> Result<(), PartError> {
        add(&mut self.places, &part.places)?;
        add(&mut self.stacks, &part.stacks)?;
        add(&mut self.reasons, &part.reasons)?;
        add(&mut self.names, &part.names)?;
        add(&mut self.states, &part.states)?;
        let is_in = |number: u32, len: usize| (number as usize) < len;
        let stacks = part.stacks.iter().flat_map(|it| it.iter());
        let mut states = part.states.iter();
        let are_whole = stacks.copied().all(|it| is_in(it, self.places.len()))
            && states.all(|it| {
                is_in(it.stack, self.stacks.len())
                    && it.reason.is_none_or(|it| is_in(it, self.reasons.len()))
                    && is_in(it.group, self.names.len())
                    && it.event_loop.is_none_or(|it| is_in(it, self.names.len()))
            });
        match are_whole {
            true => Ok(()),
            false => Err(PartError::Reference),
        }
    }
}

/// The entries of a table from number `told` on.
fn new<T: Clone>(table: &IndexSet<T, FxBuildHasher>, told: &mut usize) -> Vec<T> {
    let from = std::mem::replace(told, table.len());
    table.iter().skip(from).cloned().collect()
}

/// Adds entries that must be new.
fn add<T: Clone + Hash + Eq>(
    table: &mut IndexSet<T, FxBuildHasher>,
    new: &[T],
) -> Result<(), PartError> {
    match new.iter().all(|it| table.insert(it.clone())) {
        true => Ok(()),
        false => Err(PartError::Reference),
    }
}
