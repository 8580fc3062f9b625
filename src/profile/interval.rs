//! A time in one state, and what all such times sum up to.

use serde::{Deserialize, Serialize};

use super::stacks::StateId;
use crate::model::ItemId;

/// A time in which a task or thread was in one state. Times are nanoseconds since the beginning
/// of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    into = "(ItemId, StateId, u64, u64)",
    from = "(ItemId, StateId, u64, u64)"
)]
pub struct Interval {
    /// The task or thread.
    pub item: ItemId,
    /// Its state.
    pub state: StateId,
    /// When it began.
    pub from_ns: u64,
    /// When it ended.
    pub to_ns: u64,
}

/// What all intervals of a state sum up to, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Time.
    pub wall_ns: u64,
    /// Processor time of the thread, where it runs.
    pub cpu_ns: u64,
    /// Number of looks that saw it.
    pub looks: u64,
}

impl From<(ItemId, StateId, u64, u64)> for Interval {
    fn from((item, state, from_ns, to_ns): (ItemId, StateId, u64, u64)) -> Self {
        Self {
            item,
            state,
            from_ns,
            to_ns,
        }
    }
}

impl From<Interval> for (ItemId, StateId, u64, u64) {
    fn from(it: Interval) -> Self {
        (it.item, it.state, it.from_ns, it.to_ns)
    }
}
