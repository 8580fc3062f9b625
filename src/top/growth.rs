//! How a number grows over the last minute.

use std::collections::VecDeque;

/// How far back it goes, in seconds.
const WINDOW_S: f64 = 60.0;
/// Numbers are kept this far apart.
const STEP_S: f64 = 1.0;

/// A number at the looks of the last minute.
#[derive(Debug, Clone, Default)]
pub struct Growth {
    seen: VecDeque<(f64, usize)>,
    now: Option<(f64, usize)>,
}

impl Growth {
    /// Adds the number at this time.
    pub fn add(&mut self, at_s: f64, number: usize) {
        self.now = Some((at_s, number));
        if self
            .seen
            .back()
            .is_none_or(|(last, _)| at_s - last >= STEP_S)
        {
            self.seen.push_back((at_s, number));
        }
        while self
            .seen
            .get(1)
            .is_some_and(|(it, _)| at_s - it >= WINDOW_S)
        {
            self.seen.pop_front();
        }
    }

    /// By how much it has grown, and in how many seconds. `None` before the second look.
    pub fn grown(&self) -> Option<(i64, f64)> {
        let ((from_s, before), (to_s, now)) = (self.seen.front()?, self.now?);
        let passed = to_s - from_s;
        let grown = i64::try_from(now).ok()? - i64::try_from(*before).ok()?;
        (passed >= STEP_S).then_some((grown, passed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_last_minute() {
        let mut growth = Growth::default();
        assert_eq!(growth.grown(), None);
        for second in 0..200_u32 {
            growth.add(f64::from(second), second as usize * 2);
        }
        assert_eq!(growth.grown(), Some((120, 60.0)));
        let mut short = Growth::default();
        short.add(0.0, 5);
        short.add(2.5, 3);
        assert_eq!(short.grown(), Some((-2, 2.5)));
    }
}
