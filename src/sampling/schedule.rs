//! When to look: at random gaps, on absolute deadlines.
//!
//! Exponential gaps see what an event that arrives at a random moment sees, and keep step with no
//! timer of the process. They begin where a look ends, and are the shorter the longer looks take,
//! so that the rate is what was asked for. A late look is one look, and what is between two looks
//! is weighed by the time between them.

use std::time::{Duration, Instant};

/// How the gaps between deadlines differ.
#[derive(Debug, Clone, Copy)]
enum Gaps {
    /// As those between random arrivals.
    Exponential,
    /// By half of the mean at most, so that nothing that lasts for 1.5 means is between two of them.
    Bounded,
}

/// The newest look has this weight in how long looks take.
const NEWEST: f64 = 0.1;
/// At least this part of the time between two looks is a random gap.
const LEAST_GAP: f64 = 0.1;

/// Deadlines at a mean rate.
#[derive(Debug)]
pub struct Schedule {
    gaps: Gaps,
    /// The last deadline.
    last: Instant,
    /// Mean time from one deadline to the next.
    mean: Duration,
    /// How long what is done at a deadline takes, until the next one is asked for, in seconds.
    takes_s: f64,
    random: fastrand::Rng,
    missed: u64,
}

impl Schedule {
    /// Deadlines from `start` on, `rate` a second on average. What is done at a deadline, until the
    /// next one is asked for, is part of the time between them.
    pub fn new(start: Instant, rate: f64) -> Self {
        Self::seeded(start, rate, Gaps::Exponential, fastrand::Rng::new())
    }

    /// The same, of which no gap is longer than 1.5 times the mean.
    pub fn steady(start: Instant, rate: f64) -> Self {
        Self::seeded(start, rate, Gaps::Bounded, fastrand::Rng::new())
    }

    fn seeded(start: Instant, rate: f64, gaps: Gaps, random: fastrand::Rng) -> Self {
        Self {
            gaps,
            last: start,
            mean: Duration::from_secs_f64(rate.recip()),
            takes_s: 0.0,
            random,
            missed: 0,
        }
    }

    /// The next deadline, not before `now`, when it is asked for. Each mean time that has passed
    /// since the last one is a look that is missed.
    pub fn after(&mut self, now: Instant) -> Instant {
        let passed = now.saturating_duration_since(self.last);
        self.missed += (passed.as_nanos() / self.mean.as_nanos().max(1)) as u64;
        self.last = match self.gaps {
            Gaps::Exponential => {
                self.takes_s += (passed.as_secs_f64() - self.takes_s) * NEWEST;
                let mean_s = self.mean.as_secs_f64();
                let gap_s = (mean_s - self.takes_s).max(mean_s * LEAST_GAP);
                // `1 - f64()` is above 0, so that the logarithm is finite.
                now + Duration::from_secs_f64(gap_s * -(1.0 - self.random.f64()).ln())
            }
            Gaps::Bounded => {
                let gap = self.mean.mul_f64(0.5 + self.random.f64());
                (self.last + gap).max(now)
            }
        };
        self.last
    }

    /// Deadlines follow from `now` on: none was missed before.
    pub fn begin(&mut self, now: Instant) {
        self.last = now;
    }

    /// Changes the mean rate of the deadlines to come.
    pub fn set_rate(&mut self, rate: f64) {
        self.mean = Duration::from_secs_f64(rate.recip());
    }

    /// How many more looks would have been taken in the time that looks took.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_the_mean_and_the_spread_of_random_arrivals() {
        let start = Instant::now();
        let mut schedule =
            Schedule::seeded(start, 100.0, Gaps::Exponential, fastrand::Rng::with_seed(7));
        let mut at = start;
        let gaps: Vec<f64> = (0..20_000)
            .map(|_| {
                let next = schedule.after(at);
                let gap = (next - at).as_secs_f64();
                at = next;
                gap
            })
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let square = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
        let spread = (square / gaps.len() as f64).sqrt();
        assert!((mean - 0.01).abs() < 0.000_3, "{mean}");
        assert!((spread - 0.01).abs() < 0.000_3, "{spread}");
        assert_eq!(schedule.missed(), 0);
    }

    #[test]
    fn looks_that_take_long_have_shorter_gaps_between_them() {
        let start = Instant::now();
        let rng = fastrand::Rng::with_seed(7);
        let mut schedule = Schedule::seeded(start, 200.0, Gaps::Exponential, rng);
        let mut at = start;
        for _ in 0..20_000 {
            at = schedule.after(at + Duration::from_micros(2_500));
        }
        let mean = (at - start).as_secs_f64() / 20_000.0;
        assert!((mean - 0.005).abs() < 0.000_1, "{mean}");
        assert_eq!(schedule.missed(), 0);
    }

    #[test]
    fn looks_that_take_longer_than_their_time_miss_others_and_are_not_made_up_for() {
        let start = Instant::now();
        let rng = fastrand::Rng::with_seed(7);
        let mut schedule = Schedule::seeded(start, 100.0, Gaps::Exponential, rng);
        let late = start + Duration::from_secs(1);
        assert!(schedule.after(late) >= late);
        assert_eq!(schedule.missed(), 100);
        let mut at = late;
        for _ in 0..1_000 {
            let next = schedule.after(at + Duration::from_millis(15));
            assert!(next > at + Duration::from_millis(15));
            at = next;
        }
        assert_eq!(schedule.missed(), 1_100);
        // A tenth of the time that was asked for is left between them.
        let mean = (at - late).as_secs_f64() / 1_000.0;
        assert!((mean - 0.016).abs() < 0.000_2, "{mean}");
    }

    #[test]
    fn steady_deadlines_leave_no_long_gap() {
        let start = Instant::now();
        let rng = fastrand::Rng::with_seed(7);
        let mut schedule = Schedule::seeded(start, 1_000.0, Gaps::Bounded, rng);
        let mut at = start;
        for _ in 0..10_000 {
            let next = schedule.after(at);
            let gap = next - at;
            let ms = Duration::from_millis(1);
            assert!(gap >= ms / 2 && gap <= ms * 3 / 2, "{gap:?}");
            at = next;
        }
        let mean = (at - start).as_secs_f64() / 10_000.0;
        assert!((mean - 0.001).abs() < 0.000_02, "{mean}");
    }
}
