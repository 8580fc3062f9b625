//! When to look: at random gaps, on absolute deadlines.
//!
//! Exponential gaps see what an event that arrives at a random moment sees, and keep step with no
//! timer of the process. A deadline that has passed is missed: a late look is one look, and what
//! is between two looks is weighed by the time between them.

use std::time::{Duration, Instant};

/// How the gaps between deadlines differ.
#[derive(Debug, Clone, Copy)]
enum Gaps {
    /// As those between random arrivals.
    Exponential,
    /// By half of the mean at most, so that nothing that lasts for 1.5 means is between two of them.
    Bounded,
}

/// Deadlines at a mean rate.
#[derive(Debug)]
pub struct Schedule {
    gaps: Gaps,
    next: Instant,
    mean: Duration,
    random: fastrand::Rng,
    missed: u64,
}

impl Schedule {
    /// Deadlines from `start` on, `rate` a second on average.
    pub fn new(start: Instant, rate: f64) -> Self {
        Self::seeded(start, rate, Gaps::Exponential, fastrand::Rng::new())
    }

    /// The same, of which no gap is longer than 1.5 times the mean.
    pub fn steady(start: Instant, rate: f64) -> Self {
        Self::seeded(start, rate, Gaps::Bounded, fastrand::Rng::new())
    }

    fn seeded(start: Instant, rate: f64, gaps: Gaps, random: fastrand::Rng) -> Self {
        let mut schedule = Self {
            gaps,
            next: start,
            mean: Duration::from_secs_f64(rate.recip()),
            random,
            missed: 0,
        };
        schedule.advance();
        schedule
    }

    /// The first deadline after `now`. Those before it are missed.
    pub fn after(&mut self, now: Instant) -> Instant {
        let mut deadline = self.next;
        self.advance();
        while deadline < now {
            self.missed += 1;
            deadline = self.next;
            self.advance();
        }
        deadline
    }

    /// Changes the mean rate of the deadlines to come after the next.
    pub fn set_rate(&mut self, rate: f64) {
        self.mean = Duration::from_secs_f64(rate.recip());
    }

    /// How many deadlines had passed before they could be met.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    fn advance(&mut self) {
        let gap = match self.gaps {
            // `1 - f64()` is above 0, so that the logarithm is finite.
            Gaps::Exponential => -(1.0 - self.random.f64()).ln(),
            Gaps::Bounded => 0.5 + self.random.f64(),
        };
        self.next += self.mean.mul_f64(gap);
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
    fn deadlines_that_have_passed_are_missed_and_not_made_up_for() {
        let start = Instant::now();
        let mut schedule =
            Schedule::seeded(start, 100.0, Gaps::Exponential, fastrand::Rng::with_seed(7));
        let late = start + Duration::from_secs(1);
        assert!(schedule.after(late) >= late);
        let missed = schedule.missed();
        assert!((70..130).contains(&missed), "{missed}");
        let next = schedule.after(late);
        assert!(next >= late);
        assert_eq!(schedule.missed(), missed);
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
