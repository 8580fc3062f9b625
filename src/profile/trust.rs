//! How a recording was made, and how far it can be trusted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::float_bits;

/// The numbers of one recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    /// Looks a second that were asked for.
    #[serde(with = "float_bits")]
    pub asked_rate: f64,
    /// Looks that were taken at all tasks and threads.
    pub looks: u64,
    /// Looks that were taken between them, at the stacks of running threads alone.
    #[serde(default)]
    pub glimpses: u64,
    /// Looks that could not be taken in time, because the one before had not ended.
    pub missed: u64,
    /// Looks that failed: nothing of them is in the recording.
    pub failed: u64,
    /// Tasks and threads that changed while they were read. They are left out of that look.
    pub rejected: u64,
    /// Tasks and threads that were read, over all looks.
    pub read: u64,
    /// How long the recording lasted.
    pub lasted: Duration,
    /// For how long the process stood still.
    pub held: Duration,
    /// Processor time of the recorder.
    pub own_cpu: Duration,
    /// The greatest number of tasks at one look.
    pub tasks: u64,
}

impl Trust {
    /// The parts of the line that stands in every output.
    pub fn parts(&self) -> Vec<String> {
        let lasted = self.lasted.as_secs_f64().max(f64::MIN_POSITIVE);
        let share = |part: Duration| 100.0 * part.as_secs_f64() / lasted;
        let mut parts = vec![
            self.rates(lasted),
            format!("{} missed", self.missed),
            format!("{} of {} items rejected", self.rejected, self.read),
            format!("process held for {:.2} % of the time", share(self.held)),
            format!("own processor time {:.1} % of a core", share(self.own_cpu)),
            format!("tasks followed: all of {}", self.tasks),
        ];
        if self.failed > 0 {
            parts.insert(2, format!("{} failed", self.failed));
        }
        parts
    }

    /// Which rate was asked for and reached.
    fn rates(&self, lasted_s: f64) -> String {
        let rate = |looks: u64| looks as f64 / lasted_s;
        let had = format!(
            "asked for {:.0} looks a second, had {:.1}",
            self.asked_rate,
            rate(self.looks + self.glimpses)
        );
        match self.glimpses {
            0 => had,
            _ => format!(
                "{had}, of which {:.1} at all and the others at running threads alone",
                rate(self.looks)
            ),
        }
    }

    /// The numbers since `before`, which are those of the same recording at an earlier time.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            asked_rate: self.asked_rate,
            looks: self.looks.saturating_sub(before.looks),
            glimpses: self.glimpses.saturating_sub(before.glimpses),
            missed: self.missed.saturating_sub(before.missed),
            failed: self.failed.saturating_sub(before.failed),
            rejected: self.rejected.saturating_sub(before.rejected),
            read: self.read.saturating_sub(before.read),
            lasted: self.lasted.saturating_sub(before.lasted),
            held: self.held.saturating_sub(before.held),
            own_cpu: self.own_cpu.saturating_sub(before.own_cpu),
            tasks: self.tasks,
        }
    }

    /// The parts in one line.
    pub fn line(&self) -> String {
        self.parts().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_at_running_threads_alone_are_told_apart() {
        let mut trust = Trust {
            asked_rate: 1000.0,
            looks: 400,
            lasted: Duration::from_secs(2),
            ..Trust::default()
        };
        let had = |trust: &Trust| trust.parts()[0].clone();
        assert_eq!(had(&trust), "asked for 1000 looks a second, had 200.0");
        trust.glimpses = 1500;
        assert_eq!(
            had(&trust),
            "asked for 1000 looks a second, had 950.0, of which 200.0 at all and the others at \
             running threads alone"
        );
    }
}
