//! Verdicts, made in a thread of their own: light looks go on meanwhile.

use std::time::Duration;

use super::super::budget::thread_cpu;
use crate::inspect::inspection::Inspection;
use crate::inspect::on_demand::OnDemand;
use crate::model::Process;
use crate::process::Error;

/// Time between two verdicts where nothing else is asked for.
pub const VERDICT_EVERY: Duration = Duration::from_secs(10);
/// Longest time between two verdicts, whatever they cost.
const MOST_RARELY: Duration = Duration::from_secs(60);
/// Part of the processor time for verdicts. The rest is for looks at steps.
pub(super) const VERDICT_PART: f64 = 0.5;
/// A change of the time between verdicts by less than this part changes nothing.
const GAP_CHANGE: f64 = 0.2;
/// Weight of the last verdict in the mean cost.
const WEIGHT: f64 = 0.25;

/// A process as it was judged.
pub(super) struct Judged {
    /// The process, with its verdict.
    pub(super) judged: Result<Process, Error>,
    /// Processor time that this took.
    pub(super) cost: Duration,
}

/// A thread that judges a process when it is asked to.
pub(super) type Verdicts = OnDemand<Judged>;

/// Starts such a thread for the process `pid`.
pub(super) fn start(pid: u32) -> Verdicts {
    OnDemand::start(move || {
        let mut inspection = Inspection::new(pid);
        inspection.options.no_pause = true;
        move || {
            let before = thread_cpu();
            let judged = inspection.diagnosed().and_then(|snapshot| {
                let judged = snapshot.processes.into_iter().next();
                judged.ok_or(Error::Gone { pid })
            });
            let cost = thread_cpu().saturating_sub(before);
            Judged { judged, cost }
        }
    })
}

/// The time between two verdicts.
pub(super) struct VerdictGap {
    every: Duration,
    /// Part of a processor that verdicts may use. `None` if any, because the time was asked for.
    part: Option<f64>,
    /// Mean processor time of a verdict, in seconds. `None` before the first one.
    cost_s: Option<f64>,
}

impl VerdictGap {
    /// `asked` if that is given, else what a part of `max_overhead` of a processor allows.
    pub(super) fn new(asked: Option<Duration>, max_overhead: f64) -> Self {
        Self {
            every: asked.unwrap_or(VERDICT_EVERY),
            part: asked.is_none().then_some(max_overhead * VERDICT_PART),
            cost_s: None,
        }
    }

    /// The time now.
    pub(super) fn every(&self) -> Duration {
        self.every
    }

    /// Notes what a verdict cost. Returns the new time if it changes.
    pub(super) fn judged(&mut self, cost: Duration) -> Option<Duration> {
        let part = self.part?;
        let last_s = cost.as_secs_f64();
        let mean_s = self
            .cost_s
            .map_or(last_s, |mean_s| mean_s + WEIGHT * (last_s - mean_s));
        self.cost_s = Some(mean_s);
        let bounds = (VERDICT_EVERY.as_secs_f64(), MOST_RARELY.as_secs_f64());
        let every_s = (mean_s / part.max(f64::MIN_POSITIVE)).clamp(bounds.0, bounds.1);
        let before_s = self.every.as_secs_f64();
        let changes = (every_s - before_s).abs() > GAP_CHANGE * before_s;
        changes.then(|| {
            self.every = Duration::from_secs_f64(every_s);
            self.every
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_that_cost_much_are_rarer_unless_a_time_was_asked_for() {
        let ms = Duration::from_millis;
        let mut gap = VerdictGap::new(None, 0.01);
        assert_eq!(gap.judged(ms(20)), None);
        assert_eq!(gap.every(), VERDICT_EVERY);
        let mut gap = VerdictGap::new(None, 0.01);
        assert_eq!(gap.judged(ms(100)), Some(Duration::from_secs(20)));
        assert_eq!(gap.judged(ms(110)), None);
        assert_eq!(gap.every(), Duration::from_secs(20));
        assert_eq!(gap.judged(ms(10_000)), Some(MOST_RARELY));
        for _ in 0..40 {
            gap.judged(ms(1));
        }
        assert!(
            gap.every() < VERDICT_EVERY.mul_f64(1.3),
            "{:?}",
            gap.every()
        );
        let mut gap = VerdictGap::new(Some(Duration::from_secs(1)), 0.01);
        assert_eq!(gap.judged(ms(100)), None);
        assert_eq!(gap.every(), Duration::from_secs(1));
    }
}
