//! A quantity in slices of a recording, and how sure its mean is.

use serde::Serialize;

/// A quantity, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// Seconds in the whole recording.
    pub seconds: f64,
    /// Seconds per unit.
    pub per: f64,
    /// The standard error of that, from the differences between slices. Infinite where it is not
    /// known; the JSON has null then.
    pub error: f64,
}

/// The ratio of the sums of `seconds` and `units`, both by slice, with its error by the jackknife:
/// how much the ratio changes when one slice is left out.
pub(super) fn measure(seconds: &[f64], units: &[f64]) -> Measure {
    let (all_seconds, all_units) = (seconds.iter().sum::<f64>(), units.iter().sum::<f64>());
    let without = seconds.iter().zip(units).map(|(seconds, units)| {
        let left = all_units - units;
        match left > 0.0 {
            true => (all_seconds - seconds) / left,
            false => f64::INFINITY,
        }
    });
    let without: Vec<f64> = without.collect();
    let count = without.len() as f64;
    let mean = without.iter().sum::<f64>() / count;
    let squares: f64 = without.iter().map(|it| (it - mean).powi(2)).sum();
    let error = ((count - 1.0) / count * squares).sqrt();
    Measure {
        seconds: all_seconds,
        per: all_seconds / all_units,
        error: match error.is_finite() {
            true => error,
            false => f64::INFINITY,
        },
    }
}

/// Part of all comparisons of equal recordings in which one change at least is called more than
/// noise.
const FALSE_ALARMS: f64 = 0.05;

/// So many standard errors a change must be to be more than noise, where `compared` are compared and
/// each recording has so many slices.
///
/// With that many standard errors, a normal distribution is exceeded once in all comparisons with
/// the probability [`FALSE_ALARMS`] at most (Bonferroni, with the bound exp(-z²/2)). The errors are
/// estimates themselves, which the first two terms of Student's distribution account for (Fisher).
pub(super) fn limit_of(compared: usize, slices: usize) -> f64 {
    let z = (2.0 * (compared.max(1) as f64 / FALSE_ALARMS).ln()).sqrt();
    let freedom = 2.0 * (slices as f64 - 1.0);
    z + (z.powi(3) + z) / (4.0 * freedom)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom * freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_slices_have_no_error_and_one_event_is_as_unsure_as_itself() {
        let sure = measure(&[2.0; 10], &[4.0; 10]);
        assert_eq!((sure.seconds, sure.per), (20.0, 0.5));
        assert!(sure.error < 1e-9);
        let mut once = [0.0; 10];
        once[3] = 10.0;
        let unsure = measure(&once, &[1.0; 10]);
        assert!((unsure.per - 1.0).abs() < 1e-9);
        assert!((unsure.error - 1.0).abs() < 1e-9, "{unsure:?}");
    }

    #[test]
    fn units_in_one_slice_say_nothing_of_the_error() {
        let mut units = [0.0; 10];
        units[3] = 10.0;
        assert_eq!(measure(&[1.0; 10], &units).error, f64::INFINITY);
    }

    #[test]
    fn the_more_is_compared_the_more_a_change_must_be() {
        assert!(limit_of(1, 20) > 2.4 && limit_of(1, 20) < 3.0);
        assert!(limit_of(100, 20) > 4.0 && limit_of(100, 20) < 4.7);
        assert!(limit_of(100, 5) > limit_of(100, 20));
    }
}
