//! How much processor time looks may use, and how many of them that allows.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// Looks after which the rate is checked against what they cost.
const PERIOD: u32 = 16;
/// A change of the rate by less than this part changes nothing.
const RATE_CHANGE: f64 = 0.2;
/// Weight of the last look in the mean cost: what looks cost an hour ago says nothing.
const WEIGHT: f64 = 1.0 / 16.0;

/// A part of a processor that looks may use.
#[derive(Debug)]
pub(super) struct Budget {
    part: f64,
    wanted: f64,
    least: f64,
    rate: f64,
    looks: u32,
    /// Mean processor time of a look, in seconds.
    cost_s: f64,
}

impl Budget {
    /// `part` of a processor (0.01 is 1 %) for `wanted` looks a second; `least` are taken
    /// whatever they cost.
    pub(super) fn new(part: f64, wanted: f64, least: f64) -> Self {
        Self {
            part,
            wanted,
            least: least.min(wanted),
            rate: wanted,
            looks: 0,
            cost_s: 0.0,
        }
    }

    /// Notes what a look cost. Returns the new rate if it changes.
    pub(super) fn looked(&mut self, cost: Duration) -> Option<f64> {
        let cost_s = cost.as_secs_f64();
        // Of few looks the mean of all: the first ones cost more than the others.
        let weight = WEIGHT.max(1.0 / f64::from(self.looks.saturating_add(1)));
        self.cost_s += weight * (cost_s - self.cost_s);
        self.looks = self.looks.saturating_add(1);
        if !self.looks.is_multiple_of(PERIOD) {
            return None;
        }
        let affordable = self.part / self.cost_s.max(f64::MIN_POSITIVE);
        let rate = affordable.clamp(self.least, self.wanted);
        let changes = (rate - self.rate).abs() > RATE_CHANGE * self.rate;
        changes.then(|| {
            self.rate = rate;
            rate
        })
    }
}

/// Processor time that this process has used.
pub(super) fn own_cpu() -> Duration {
    used(UsageWho::RUSAGE_SELF)
}

/// Processor time that this thread has used.
pub(super) fn thread_cpu() -> Duration {
    used(UsageWho::RUSAGE_THREAD)
}

fn used(who: UsageWho) -> Duration {
    getrusage(who).map_or(Duration::ZERO, |usage| {
        let time = |value: TimeVal| {
            let seconds = u64::try_from(value.tv_sec()).unwrap_or(0);
            let micros = u64::try_from(value.tv_usec()).unwrap_or(0);
            Duration::from_secs(seconds) + Duration::from_micros(micros)
        };
        time(usage.user_time()) + time(usage.system_time())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn looks_are_thinned_to_what_they_may_cost_and_get_more_when_they_cost_less() {
        let mut budget = Budget::new(0.01, 100.0, 1.0);
        let thinned = (0..16).find_map(|_| budget.looked(MS));
        assert!(
            thinned.is_some_and(|rate| (rate - 10.0).abs() < 0.1),
            "{thinned:?}"
        );
        let more = (0..200).filter_map(|_| budget.looked(MS / 10)).last();
        assert!(more.is_some_and(|rate| rate > 80.0), "{more:?}");
    }

    #[test]
    fn some_looks_are_taken_whatever_they_cost() {
        let mut budget = Budget::new(0.01, 100.0, 1.0);
        let rates = (0..16).find_map(|_| budget.looked(1_000 * MS));
        assert_eq!(rates, Some(1.0));
    }
}
