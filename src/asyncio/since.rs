//! Since when a coroutine is in a wait with a time limit.
//!
//! These functions set a timer and wait at once. Both the moment at which it is due and
//! the time until then are there as long as they wait, so that their difference is the
//! moment at which they began (Lib/asyncio/tasks.py, 3.7 to 3.15).

use rustc_hash::FxHashMap;

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

/// Times that were read before.
#[derive(Debug, Default)]
pub struct KnownTimes {
    /// `loop.time()` at which each timer is due, in seconds, by the address of the timer.
    pub due: FxHashMap<u64, f64>,
    /// Seconds that each `int` or `float` says, by its address. Many tasks share one.
    pub delays: FxHashMap<u64, Option<f64>>,
    /// Whether the code of frames is of the module of these functions, by its address.
    pub of_module: FxHashMap<u64, bool>,
}

impl Reader<'_> {
    /// `loop.time()` at which the innermost function of a chain began to wait, in seconds.
    /// `None` for functions other than these, and for waits without a limit.
    pub fn wait_began(&self, innermost: &RawFrame, known: &mut KnownTimes) -> Option<f64> {
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
        let timer = variable(timer).or_else(|| match name {
            WITH_TIMEOUT => {
                let entered = self.entered_managers(innermost, false).ok()?;
                entered.first().map(|entered| entered.manager)
            }
            _ => None,
        })?;
        let due = match known.due.get(&timer) {
            Some(known) => *known,
            None => self.number(self.attribute_object(timer, DUE).ok()??)?,
        };
        Some(due - delay?)
    }
}
