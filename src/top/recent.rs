//! What happened in the last seconds: counts, lengths and their percentiles.

use std::collections::VecDeque;

/// Seconds that a [`Recent`] looks back.
const SECONDS: usize = 10;
/// Lengths that a [`Lengths`] keeps, the latest.
const MAX_LENGTHS: usize = 512;

/// Counts of the last ten seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    buckets: [u16; SECONDS],
    second: u64,
}

impl Recent {
    /// Adds `count` at this time.
    pub fn add(&mut self, at_s: f64, count: u16) {
        self.advance(at_s);
        let bucket = &mut self.buckets[(self.second % SECONDS as u64) as usize];
        *bucket = bucket.saturating_add(count);
    }

    /// How many there were in the ten seconds before this time.
    pub fn total(&self, at_s: f64) -> u32 {
        let mut recent = *self;
        recent.advance(at_s);
        recent.buckets.iter().map(|count| u32::from(*count)).sum()
    }

    /// How many of them came in the seconds from `from_s` on.
    pub fn total_since(&self, from_s: f64, at_s: f64) -> u32 {
        let mut recent = *self;
        recent.advance(at_s);
        let first = from_s.max(0.0) as u64;
        let last = recent.second;
        let seconds = first.max((last + 1).saturating_sub(SECONDS as u64))..=last;
        let count = |second: u64| recent.buckets[(second % SECONDS as u64) as usize];
        seconds.map(|second| u32::from(count(second))).sum()
    }

    fn advance(&mut self, at_s: f64) {
        let second = at_s.max(0.0) as u64;
        let passed = second.saturating_sub(self.second);
        for empty in 1..=passed.min(SECONDS as u64) {
            self.buckets[((self.second + empty) % SECONDS as u64) as usize] = 0;
        }
        self.second = self.second.max(second);
    }
}

/// The seconds before `at_s` that counts are of, if counting began at `began_s`.
pub fn counted_s(began_s: f64, at_s: f64) -> f64 {
    // The present second has only begun.
    (at_s - began_s).clamp(1.0, SECONDS as f64 - 1.0 + at_s.fract())
}

/// Lengths in seconds, the latest of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lengths(VecDeque<f32>);

impl Lengths {
    /// Adds a length.
    pub fn add(&mut self, seconds: f64) {
        if self.0.len() >= MAX_LENGTHS {
            self.0.pop_front();
        }
        self.0.push_back(seconds as f32);
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length that `part` of all do not exceed. `None` if there is none.
    pub fn percentile(&self, part: f64) -> Option<f64> {
        percentile(self.0.iter().map(|it| f64::from(*it)), part)
    }

    /// How many lengths lie in each class: up to 1 ms, 2 ms, 4 ms and so on. The last is open.
    pub fn classes(&self, count: usize) -> Vec<usize> {
        let mut classes = vec![0; count];
        for length in &self.0 {
            let mut limit = 0.001;
            let mut class = 0;
            while f64::from(*length) > limit && class + 1 < count {
                limit *= 2.0;
                class += 1;
            }
            if let Some(class) = classes.get_mut(class) {
                *class += 1;
            }
        }
        classes
    }
}

/// The value that `part` of all do not exceed (nearest rank). `None` if there is none.
pub fn percentile(values: impl Iterator<Item = f64>, part: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let rank = (part * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank.min(sorted.len()).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_forgotten_after_ten_seconds() {
        let mut recent = Recent::default();
        recent.add(0.5, 3);
        recent.add(5.0, 1);
        assert_eq!(recent.total(5.0), 4);
        assert_eq!(recent.total(10.1), 1);
        assert_eq!(recent.total(15.1), 0);
        recent.add(100.0, 2);
        assert_eq!(recent.total(100.0), 2);
    }

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values = || (1..=100).map(f64::from);
        assert_eq!(percentile(values(), 0.5), Some(50.0));
        assert_eq!(percentile(values(), 0.99), Some(99.0));
        assert_eq!(percentile(values(), 1.0), Some(100.0));
        assert_eq!(percentile([7.0].into_iter(), 0.5), Some(7.0));
        assert_eq!(percentile(std::iter::empty(), 0.5), None);
    }

    #[test]
    fn lengths_have_classes_that_double() {
        let mut lengths = Lengths::default();
        for seconds in [0.0005, 0.0015, 0.003, 9.0] {
            lengths.add(seconds);
        }
        assert_eq!(lengths.classes(4), [1, 1, 1, 1]);
    }
}
