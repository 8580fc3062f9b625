//! The iteration that a loop runs: since when, and how far it is.
//!
//! `BaseEventLoop._run_once` (Lib/asyncio/base_events.py, 3.7 to 3.15; nest_asyncio has
//! its own) polls, takes the time, and then runs the callbacks that are ready. Each call
//! has a new frame, so that a variable is bound only if this iteration has come as far.

use crate::cpython::error::Result;
use crate::cpython::{RawFrame, Reader};

/// Name of the function that runs one iteration.
pub const ITERATION: &str = "_run_once";
/// Its variables: the loop, the time after polling, how many callbacks there were then,
/// the index of the current one, and its handle.
pub(super) const LOOP: &str = "self";
pub(super) const POLLED_AT: &str = "end_time";
const COUNT: &str = "ntodo";
const INDEX: &str = "i";
const HANDLE: &str = "handle";
/// The function that calls a callback, and its variable with the handle
/// (`Handle._run`, Lib/asyncio/events.py).
const RUN: (&str, &str) = ("_run", "self");
/// The clock of a loop. A loop with another one does not say when it polled.
const CLOCK: (&str, &str) = ("time", "BaseEventLoop.time");

/// The iteration that a loop runs. It has polled, and has not polled again.
#[derive(Debug, Clone, PartialEq)]
pub struct RawIteration {
    /// `time.monotonic()` when it came back from polling, in seconds. It is up to a clock
    /// tick (`_clock_resolution`) too late.
    pub polled_at: f64,
    /// How many callbacks have begun, of how many. `None` before the first begins, and
    /// where the function does not count (nest_asyncio).
    pub begun: Option<(u64, u64)>,
    /// The callback that runs now. `None` between two of them.
    pub running: Option<RunningCallback>,
}

/// A callback that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningCallback {
    /// Its qualified name.
    pub name: String,
    /// Address of the task whose step it is. `None` if it is none.
    pub task: Option<u64>,
}

impl Reader<'_> {
    /// The iteration of the loop at `event_loop` in the stack `frames`, innermost first, of
    /// the thread that runs it. `None` while it polls, and where it is not known.
    ///
    /// # Errors
    /// When the variables cannot be read.
    pub fn loop_iteration(
        &self,
        event_loop: u64,
        frames: &[RawFrame],
    ) -> Result<Option<RawIteration>> {
        let Some((at, frame)) = self.iteration_frame(event_loop, frames) else {
            return Ok(None);
        };
        if !self.has_the_clock(event_loop)? {
            return Ok(None);
        }
        let Some(polled_at) = self.frame_variable(frame, POLLED_AT)? else {
            return Ok(None);
        };
        let running = match at.checked_sub(1) {
            Some(caller) => self.running_callback(frame, &frames[caller])?,
            None => None,
        };
        Ok(Some(RawIteration {
            polled_at: self.float(polled_at)?,
            begun: self.callbacks_begun(frame)?,
            running,
        }))
    }

    /// The frame that runs an iteration of the loop at `event_loop`, and its index in `frames`,
    /// innermost first.
    pub(super) fn iteration_frame<'f>(
        &self,
        event_loop: u64,
        frames: &'f [RawFrame],
    ) -> Option<(usize, &'f RawFrame)> {
        // The innermost counts: a loop that runs within its own callback polls for all.
        let mut named =
            (frames.iter().enumerate()).filter(|(_, frame)| &*frame.at.code.name == ITERATION);
        named.find(|(_, frame)| {
            let own = self.frame_variable(frame, LOOP);
            own.is_ok_and(|own| own == Some(event_loop))
        })
    }

    /// Whether the loop takes the time from `time.monotonic()`.
    ///
    /// # Errors
    /// When its class cannot be read.
    pub fn has_the_clock(&self, event_loop: u64) -> Result<bool> {
        let Some(clock) = self.attribute(event_loop, CLOCK.0)? else {
            return Ok(false);
        };
        Ok(self.callable_name(clock)? == CLOCK.1)
    }

    /// How many callbacks have begun in the iteration of `frame`, of how many.
    fn callbacks_begun(&self, frame: &RawFrame) -> Result<Option<(u64, u64)>> {
        let number = |name| -> Result<Option<u64>> {
            let value = self.frame_variable(frame, name)?;
            Ok(match value {
                Some(value) => self.int(value)?.to_u64(),
                None => None,
            })
        };
        let (Some(index), Some(count)) = (number(INDEX)?, number(COUNT)?) else {
            return Ok(None);
        };
        Ok((index < count).then_some((index + 1, count)))
    }

    /// The callback that the iteration of `frame` runs, if `inner`, the frame within, is
    /// the call of it.
    fn running_callback(
        &self,
        frame: &RawFrame,
        inner: &RawFrame,
    ) -> Result<Option<RunningCallback>> {
        let (function, variable) = RUN;
        let Some(handle) = self.frame_variable(frame, HANDLE)? else {
            return Ok(None);
        };
        if &*inner.at.code.name != function || self.frame_variable(inner, variable)? != Some(handle)
        {
            return Ok(None);
        }
        let Some(handle) = self.handle(handle)? else {
            return Ok(None);
        };
        let receiver = self.bound_to(handle.callback);
        Ok(Some(RunningCallback {
            name: handle.name,
            task: receiver.filter(|receiver| self.is_task(*receiver)),
        }))
    }
}
