//! The iteration that an event loop runs, and how it is put into words.

use serde::{Deserialize, Serialize};

use super::describe::age;
use super::id::ItemId;
use super::thread::{EventLoop, LoopState};

/// The callbacks that one iteration of a loop runs one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// How many have begun, with the one that runs now.
    pub begun: u64,
    /// How many the iteration runs.
    pub of: u64,
    /// Qualified name of the one that runs now. `None` between two of them.
    pub callback: Option<String>,
    /// The task whose step that is. `None` if it is none, or not known.
    pub task: Option<ItemId>,
}

/// Since when a loop has not polled, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// `for 4.2 s`
    pub lasts: String,
    /// Whether the callback that runs now has run for all of that time. If not, or if that
    /// is not known, others ran before it.
    pub all: bool,
    /// `callback 3 of 7`; `None` where there is only one, or the number is not known.
    pub position: Option<String>,
}

impl Since {
    /// `for 4.2 s`, or `for 4.2 s, now` where the present callback is not the only one.
    pub fn words(&self) -> String {
        match self.all {
            true => self.lasts.clone(),
            false => format!("{}, now", self.lasts),
        }
    }
}

/// Package of the loops whose iterations are read.
const ASYNCIO: &str = "asyncio.";

impl EventLoop {
    /// Whether its iterations can be read: those of loops in C (uvloop) cannot, and nor is it known
    /// of other classes.
    pub fn has_iterations(&self) -> bool {
        self.class_name.starts_with(ASYNCIO)
    }

    /// The age of its iteration in seconds: so long does an event wait that arrives now; 0 while it
    /// polls. `None` where it is not known.
    pub fn lag_s(&self) -> Option<f64> {
        match (self.iteration_s, self.state) {
            _ if !self.has_iterations() => None,
            (Some(age_s), _) => Some(age_s.max(0.0)),
            (None, LoopState::Polling) => Some(0.0),
            (None, _) => None,
        }
    }

    /// Seconds since the callback that runs now began. `None` unless that is exact: the
    /// callback is the first of its iteration.
    pub fn callback_s(&self) -> Option<f64> {
        let batch = self.batch.as_ref()?;
        (batch.begun == 1 && batch.callback.is_some()).then_some(self.iteration_s?)
    }

    /// Since when it has not polled. `None` while it polls, and where it is not known.
    pub fn since(&self) -> Option<Since> {
        let batch = self.batch.as_ref().filter(|batch| batch.of > 1);
        Some(Since {
            lasts: format!("for {}", age(self.iteration_s?)),
            all: self.callback_s().is_some(),
            position: batch.map(|batch| format!("callback {} of {}", batch.begun, batch.of)),
        })
    }
}

/// What a light look tells of a loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LoopSeen {
    /// It polls, or is about to.
    Polls,
    /// It has polled at this time of `time.monotonic()` of the process, in seconds, and runs.
    Runs {
        /// The time.
        since_s: f64,
        /// Whether the function is proved to be in the call of a callback. Otherwise it may have
        /// ended, and a whole look has to tell.
        in_call: bool,
    },
    /// The words are not the same twice, or lie elsewhere now.
    NotKnown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures;

    fn event_loop(iteration_s: Option<f64>, batch: Option<(u64, u64, bool)>) -> EventLoop {
        EventLoop {
            iteration_s,
            batch: batch.map(|(begun, of, runs)| Batch {
                begun,
                of,
                callback: runs.then(|| "work".into()),
                task: None,
            }),
            ..fixtures::event_loop("loop:0x1", "thread:1")
        }
    }

    #[test]
    fn only_the_first_callback_has_run_since_the_loop_polled() {
        for (batch, exact, words, position) in [
            (Some((1, 1, true)), true, "for 4.2 s", None),
            (
                Some((1, 7, true)),
                true,
                "for 4.2 s",
                Some("callback 1 of 7"),
            ),
            (
                Some((3, 7, true)),
                false,
                "for 4.2 s, now",
                Some("callback 3 of 7"),
            ),
            (
                Some((1, 7, false)),
                false,
                "for 4.2 s, now",
                Some("callback 1 of 7"),
            ),
            (None, false, "for 4.2 s, now", None),
        ] {
            let event_loop = event_loop(Some(4.2), batch);
            assert_eq!(event_loop.callback_s().is_some(), exact, "{batch:?}");
            let since = event_loop.since().unwrap();
            assert_eq!(since.words(), words, "{batch:?}");
            assert_eq!(since.position.as_deref(), position);
        }
        assert_eq!(event_loop(None, None).since(), None);
    }

    #[test]
    fn a_loop_whose_iterations_cannot_be_read_has_no_lag() {
        let polls = |class: &str| EventLoop {
            class_name: class.into(),
            state: LoopState::Polling,
            ..event_loop(None, None)
        };
        let own = "asyncio.unix_events._UnixSelectorEventLoop";
        assert_eq!(polls(own).lag_s(), Some(0.0));
        assert_eq!(polls("uvloop.Loop").lag_s(), None);
        assert_eq!(event_loop(Some(0.5), None).lag_s(), Some(0.5));
    }
}
