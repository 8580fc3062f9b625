//! Whether a process has executed another program.

use std::time::{Duration, Instant};

use crate::process::execution;

/// The kernel is asked so often.
const PERIOD: Duration = Duration::from_secs(1);

/// The program that a process runs.
#[derive(Debug)]
pub(super) struct Program {
    pid: u32,
    /// The number of its execution. `None` if we may not know it: then no change is seen.
    execution: Option<u64>,
    asked: Instant,
    /// When it was seen that it runs another one. `None` if it does not.
    changed: Option<Instant>,
}

impl Program {
    /// The program that process `pid` runs now.
    pub(super) fn of(pid: u32) -> Self {
        Self {
            pid,
            execution: execution(pid),
            asked: Instant::now(),
            changed: None,
        }
    }

    /// Since when it runs another program, as far as that was seen. `None` if it does not, and
    /// between two questions to the kernel.
    pub(super) fn changed_since(&mut self) -> Option<Instant> {
        if self.asked.elapsed() < PERIOD {
            return None;
        }
        self.asked = Instant::now();
        let now = execution(self.pid)?;
        if self.execution.is_some_and(|before| before != now) {
            self.changed.get_or_insert(self.asked);
        }
        self.changed
    }
}
