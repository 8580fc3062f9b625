//! Which moment of a recording over time is shown.

use std::str::FromStr;
use std::time::Duration;

use super::{Look, RecordFile};

/// Nanoseconds of a day.
const DAY_NS: u64 = 86_400 * SECOND_NS;
const SECOND_NS: u64 = 1_000_000_000;
/// So many times of looks are named where none fits.
const MAX_NAMED: usize = 8;

/// A moment of a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// Its last whole look.
    Last,
    /// So long after its beginning.
    AfterBegin(Duration),
    /// So long before its end.
    BeforeEnd(Duration),
    /// The time of day in UTC, since midnight.
    Clock(Duration),
}

impl FromStr for At {
    type Err = String;

    /// Reads seconds, a time of day or `last`. The error is one sentence.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "last" {
            return Ok(Self::Last);
        }
        if let Some(clock) = clock(text.trim_end_matches(['Z', 'z'])) {
            return Ok(Self::Clock(clock));
        }
        let seconds = |text: &str| {
            let number: f64 = text.parse().ok()?;
            Duration::try_from_secs_f64(number).ok()
        };
        let found = match text.strip_prefix('-') {
            Some(rest) => seconds(rest).map(Self::BeforeEnd),
            None => seconds(text.trim_end_matches('s')).map(Self::AfterBegin),
        };
        found.ok_or_else(|| {
            "it must be seconds from the beginning such as 12.5, from the end such as -3, a time \
             in UTC such as 03:12:04, or last"
                .to_owned()
        })
    }
}

/// The time since midnight of `HH:MM:SS`, perhaps with a part of a second.
fn clock(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next().unwrap_or("0");
    let whole = |text: &str, limit: u64| -> Option<u64> {
        let number = text.parse().ok()?;
        (text.len() == 2 && number < limit).then_some(number)
    };
    let minutes = whole(hours, 24)? * 60 + whole(minutes, 60)?;
    let seconds: f64 = seconds.parse().ok()?;
    let fits = parts.next().is_none() && (0.0..60.0).contains(&seconds);
    fits.then(|| Duration::from_secs(minutes * 60) + Duration::from_secs_f64(seconds))
}

impl At {
    /// The number of the look that is shown.
    ///
    /// # Errors
    /// One sentence if there is none.
    pub fn choose(self, file: &RecordFile) -> Result<usize, String> {
        let looks = file.looks();
        let Some(last) = looks.len().checked_sub(1) else {
            return Err(
                "it has no whole look: it was recorded with --no-memory, or ended before the first"
                    .to_owned(),
            );
        };
        let wanted = match self {
            Self::Last => return Ok(last),
            Self::AfterBegin(after) => after,
            Self::BeforeEnd(before) => file.lasted().saturating_sub(before),
            Self::Clock(clock) => after_begin(file, clock)?,
        };
        let before = looks.partition_point(|look| look.at <= wanted);
        before.checked_sub(1).ok_or_else(|| {
            format!(
                "it has no whole look at or before {:.1} s; there are: {}",
                wanted.as_secs_f64(),
                times(looks)
            )
        })
    }
}

/// How long after the beginning the clock showed this time.
fn after_begin(file: &RecordFile, clock: Duration) -> Result<Duration, String> {
    let clock_ns = u64::try_from(clock.as_nanos()).unwrap_or(0);
    let began_ns = file.about.began_ns % DAY_NS;
    let after = (clock_ns + DAY_NS - began_ns) % DAY_NS;
    // The second in which it began is part of it.
    let after = match DAY_NS - after <= SECOND_NS {
        true => Duration::ZERO,
        false => Duration::from_nanos(after),
    };
    match after <= file.lasted() + Duration::from_secs(1) {
        true => Ok(after),
        false => Err(format!(
            "it is of {} to {} UTC",
            time_of_day(file.about.began_ns),
            time_of_day(
                file.about
                    .began_ns
                    .saturating_add(nanoseconds(file.lasted()))
            )
        )),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn time_of_day(unix_ns: u64) -> String {
    let seconds = unix_ns % DAY_NS / SECOND_NS;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// The times of some of the looks.
fn times(looks: &[Look]) -> String {
    let step = looks.len().div_ceil(MAX_NAMED).max(1);
    let named = looks.iter().step_by(step);
    let named: Vec<String> = named
        .map(|look| format!("{:.1}", look.at.as_secs_f64()))
        .collect();
    match step {
        1 => format!("{} s", named.join(", ")),
        _ => format!("{} s and {} in all", named.join(", "), looks.len()),
    }
}

impl RecordFile {
    /// Which look this is, and how far the next ones are.
    pub fn place(&self, number: usize) -> Option<String> {
        let looks = self.looks();
        let look = looks.get(number)?;
        let at_ns = self.about.began_ns.saturating_add(nanoseconds(look.at));
        let mut text = format!(
            "the look of {} UTC, {:.1} s after the beginning of {:.1} s",
            time_of_day(at_ns),
            look.at.as_secs_f64(),
            self.lasted().as_secs_f64(),
        );
        let gap = |a: Duration, b: Duration| a.saturating_sub(b).as_secs_f64();
        let before = number.checked_sub(1).and_then(|it| looks.get(it));
        let before = before.map(|it| gap(look.at, it.at));
        let after = looks.get(number + 1).map(|it| gap(it.at, look.at));
        text += &match (before, after) {
            (None, None) => "; it is the only one".to_owned(),
            (None, Some(after)) => format!("; it is the first, the next {after:.1} s later"),
            (Some(before), None) => {
                format!("; the one before is {before:.1} s earlier, and the last")
            }
            (Some(before), Some(after)) => {
                format!("; the one before is {before:.1} s earlier, the next {after:.1} s later")
            }
        };
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_seconds_or_a_time_of_day() {
        let at = str::parse::<At>;
        let seconds = Duration::from_secs_f64;
        assert_eq!(at("last"), Ok(At::Last));
        assert_eq!(at("12.5"), Ok(At::AfterBegin(seconds(12.5))));
        assert_eq!(at("12.5s"), Ok(At::AfterBegin(seconds(12.5))));
        assert_eq!(at("-3"), Ok(At::BeforeEnd(seconds(3.0))));
        assert_eq!(at("03:12:04"), Ok(At::Clock(seconds(11_524.0))));
        assert_eq!(at("03:12"), Ok(At::Clock(seconds(11_520.0))));
        assert_eq!(at("23:59:59.5Z"), Ok(At::Clock(seconds(86_399.5))));
        for text in [
            "",
            "first",
            "nan",
            "inf",
            "--3",
            "25:00:00",
            "3:1",
            "03:12:04:05",
            "1e400",
        ] {
            assert!(at(text).is_err(), "{text:?}");
        }
    }
}
