//! Since when a coroutine is in a wait with a time limit.
//!
//! These functions set a timer and wait at once. Both the moment at which it is due and
//! the time until then are there as long as they wait, so that their difference is the
//! moment at which they began (Lib/asyncio/tasks.py, 3.7 to 3.15).

use std::cell::OnceCell;

use rustc_hash::FxHashMap;

use super::LoopHandles;
use crate::cpython::{RawFrame, Reader};

/// Module of the functions.
const MODULE: &str = "asyncio.tasks";
/// Each function with its variables for the timer and for the number of seconds.
const TIMED: [(&str, &str, &str); 3] = [
    ("sleep", "h", "delay"),
    ("_wait", "timeout_handle", "timeout"),
    ("wait_for", "timeout_handle", "timeout"),
];
/// Attribute of timers and timeouts: when they are due.
const DUE: &str = "_when";
/// The function that is within `async with timeouts.timeout(timeout)` from 3.12 on.
const WITH_TIMEOUT: &str = "wait_for";

/// The function whose timer ends the wait for its future.
const SLEEP: &str = "sleep";

/// Times that were read before.
pub struct KnownTimes<'h> {
    /// Handles of each loop, by its address.
    handles: &'h [(u64, LoopHandles)],
    /// `loop.time()` at which each timer is due, in seconds, by the address of the timer.
    due: OnceCell<FxHashMap<u64, f64>>,
    /// Seconds that each `int` or `float` says, by its address. Many tasks share one.
    delays: FxHashMap<u64, Option<f64>>,
    /// Whether the code of frames is of the module of these functions, by its address.
    of_module: FxHashMap<u64, bool>,
}

impl<'h> KnownTimes<'h> {
    /// Those of these handles of each loop, by its address.
    pub fn new(handles: &'h [(u64, LoopHandles)]) -> Self {
        Self {
            handles,
            due: OnceCell::new(),
            delays: FxHashMap::default(),
            of_module: FxHashMap::default(),
        }
    }

    /// `loop.time()` at which a timer is due, in seconds.
    fn due(&self, timer: u64) -> Option<f64> {
        let due = self.due.get_or_init(|| {
            let timers = self.handles.iter().flat_map(|(_, of_loop)| &of_loop.timers);
            let due = timers.filter_map(|timer| Some((timer.addr, timer.when?)));
            due.collect()
        });
        due.get(&timer).copied()
    }
}

impl Reader<'_> {
    /// How long the innermost function of a chain has waited, in seconds. `left` is the time until
    /// a timer ends the wait for its future, where there is one, and `clock` is `loop.time()`.
    /// `None` for functions other than these, and for waits without a limit.
    pub fn waited(
        &self,
        innermost: &RawFrame,
        left: Option<f64>,
        clock: f64,
        known: &mut KnownTimes<'_>,
    ) -> Option<f64> {
        let name = &*innermost.at.code.name;
        let (_, timer, delay) = TIMED.iter().find(|(function, ..)| *function == name)?;
        let of_module = (known.of_module.entry(innermost.at.code.addr))
            .or_insert_with(|| self.frame_module(innermost).as_deref() == Some(MODULE));
        if !*of_module {
            return None;
        }
        let variable = |name| self.frame_variable(innermost, name).ok().flatten();
        let delay = variable(delay)?;
        let delay = *(known.delays.entry(delay)).or_insert_with(|| self.number(delay));
        let delay = delay?;
        if let (SLEEP, Some(left)) = (name, left) {
            return Some(delay - left);
        }
        let timer = variable(timer).or_else(|| match name {
            WITH_TIMEOUT => {
                let entered = self.entered_managers(innermost, false).ok()?;
                entered.first().map(|entered| entered.manager)
            }
            _ => None,
        })?;
        let due = match known.due(timer) {
            Some(known) => known,
            None => self.number(self.attribute_object(timer, DUE).ok()??)?,
        };
        Some(clock - (due - delay))
    }
}
