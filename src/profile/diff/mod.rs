//! What differs between two recordings, as far as it is more than noise.
//!
//! Time is compared per finished task of its group, where both recordings have enough of those, or
//! else per second of the recording. Noise is measured by splitting each recording into slices of
//! equal length: the more the slices differ from each other, the more must the recordings.

pub mod json;
pub mod page;
pub mod rule;
mod series;
mod side;
pub mod text;
mod total;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};
use thiserror::Error;

pub use rule::{Outcome, Rule};
pub use series::Measure;
pub use side::{Key, Line};
pub use total::Total;

use self::series::{limit_of, measure};
use self::side::Side;
use super::{Place, Profile, Who};

/// Slices into which each recording is split, if it has enough looks.
const SLICES: usize = 20;
/// With fewer slices noise cannot be measured.
const MIN_SLICES: usize = 5;
/// Looks of each slice at least.
const SLICE_LOOKS: u64 = 10;
/// Finished tasks that a group must have in both recordings to be compared by them.
const MIN_FINISHED: f64 = 20.0;

/// What time is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The tasks of the group that finished.
    FinishedTask,
    /// The seconds of the recording.
    Second,
}

impl Basis {
    /// `per finished task`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::FinishedTask => "per finished task",
            Self::Second => "per second",
        }
    }
}

/// Time in both recordings, of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// What it is divided by.
    pub basis: Basis,
    /// In the first recording.
    pub a: Measure,
    /// In the second one.
    pub b: Measure,
    /// The change that noise alone could be.
    pub noise: f64,
}

impl Change {
    /// How much more there is in the second recording, in seconds per unit.
    pub fn more(&self) -> f64 {
        self.b.per - self.a.per
    }

    /// Whether the change is more than noise.
    pub fn exceeds(&self) -> bool {
        self.more().abs() > self.noise
    }

    /// The change in percent of the first recording. `None` if there was none of it.
    pub fn percent(&self) -> Option<f64> {
        (self.a.per > 0.0).then(|| 100.0 * self.more() / self.a.per)
    }
}

/// One group, reason and stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What it is.
    #[serde(flatten)]
    pub key: Key,
    /// Its stack with the lines of the second recording, or of the first if it is not in that.
    #[serde(serialize_with = "labels")]
    pub places: Vec<Place>,
    /// The time.
    #[serde(flatten)]
    pub change: Change,
    /// Seconds that the first recording would have had of it, for as much as the second one did.
    #[serde(skip)]
    pub before_s: f64,
}

/// What a recording is, for the top of the output.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// `app.py, pid 4242, CPython 3.13.0`.
    pub title: String,
    /// How long it lasted, in seconds.
    pub duration_s: f64,
    /// Tasks that finished.
    pub finished: f64,
    /// The parts of the line of trust.
    pub trust: Vec<String>,
}

/// What differs between two recordings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The first recording.
    pub a: Summary,
    /// The second one.
    pub b: Summary,
    /// Whether tasks are compared, or threads, where there are no tasks.
    pub who: Who,
    /// Slices of each recording.
    pub slices: usize,
    /// So many standard errors a change must be, to be more than noise.
    pub errors: f64,
    /// All of the time by what it is spent with, whatever the noise, the most first.
    pub totals: Vec<(Total, Change)>,
    /// What makes the comparison less sure. Empty if nothing does.
    pub notes: Vec<String>,
    /// Groups, reasons and stacks whose change is more than noise, the greatest first.
    pub rows: Vec<Row>,
    /// All others.
    #[serde(skip)]
    pub others: Vec<Row>,
    /// How many groups, reasons and stacks were compared.
    pub compared: usize,
}

/// Why two recordings cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DiffError {
    /// There are too few looks to know the noise.
    #[error("it has {looks} looks, and at least {needed} are needed to tell changes from noise")]
    TooShort {
        /// The looks that it has.
        looks: u64,
        /// The looks that it needs.
        needed: u64,
    },
}

/// Compares two recordings.
///
/// # Errors
/// If one is too short; 0 is the first, 1 the second.
pub fn diff(a: &Profile, b: &Profile) -> Result<Diff, (usize, DiffError)> {
    let looks = a.trust.looks.min(b.trust.looks);
    let slices = usize::try_from(looks / SLICE_LOOKS).unwrap_or(SLICES);
    if slices < MIN_SLICES {
        let needed = MIN_SLICES as u64 * SLICE_LOOKS;
        let which = usize::from(b.trust.looks < a.trust.looks);
        return Err((which, DiffError::TooShort { looks, needed }));
    }
    let slices = slices.min(SLICES);
    let has_tasks = |profile: &Profile| profile.trust.tasks > 0;
    let who = match has_tasks(a) || has_tasks(b) {
        true => Who::Task,
        false => Who::Thread,
    };
    let (a_side, b_side) = (Side::new(a, who, slices), Side::new(b, who, slices));
    let keys: BTreeSet<&Key> = a_side.seconds.keys().chain(b_side.seconds.keys()).collect();
    let errors = limit_of(keys.len(), slices);
    let both = Both {
        a: &a_side,
        b: &b_side,
        errors,
    };
    let compared = keys.len();
    let rows = keys.into_iter().map(|key| both.row(key));
    let (mut rows, others): (Vec<Row>, Vec<Row>) = rows.partition(|row| row.change.exceeds());
    rows.sort_by(|a, b| {
        let weight = |row: &Row| (row.change.b.seconds - row.before_s).abs();
        weight(b).total_cmp(&weight(a))
    });
    Ok(Diff {
        a: summary(a, &a_side),
        b: summary(b, &b_side),
        who,
        slices,
        errors,
        totals: both.totals(),
        notes: notes(a, b).into_iter().collect(),
        rows,
        others,
        compared,
    })
}

/// Looks a second may differ by this factor.
const SAME_RATE: f64 = 1.25;

/// Tasks that are shorter than the time between two looks are seen the less the rarer looks are.
fn notes(a: &Profile, b: &Profile) -> Option<String> {
    let rate = |it: &Profile| it.trust.looks as f64 / it.trust.lasted.as_secs_f64().max(1e-9);
    let (a, b) = (rate(a), rate(b));
    let is_same = a < b * SAME_RATE && b < a * SAME_RATE;
    (!is_same).then(|| {
        format!(
            "A had {a:.1} looks a second and B {b:.1}: of tasks that last no longer than the time \
             between two looks, one of them counts fewer"
        )
    })
}

fn summary(profile: &Profile, side: &Side) -> Summary {
    Summary {
        title: profile.title(),
        duration_s: profile.trust.lasted.as_secs_f64(),
        finished: side.finished.values().flatten().sum(),
        trust: profile.trust.parts(),
    }
}

/// Both recordings.
struct Both<'a> {
    a: &'a Side,
    b: &'a Side,
    errors: f64,
}

impl Both<'_> {
    fn row(&self, key: &Key) -> Row {
        let none = vec![0.0; self.a.slices];
        let of = |side: &Side| side.seconds.get(key).map(|it| it.seconds.clone());
        let a = of(self.a).unwrap_or_else(|| none.clone());
        let b = of(self.b).unwrap_or(none);
        let of_group = |side: &Side| side.finished.get(&key.group).cloned();
        let finished = (of_group(self.a), of_group(self.b));
        let places = self.b.seconds.get(key).or_else(|| self.a.seconds.get(key));
        let change = self.change(&a, &b, finished.0.as_deref(), finished.1.as_deref());
        let units = match change.basis {
            Basis::FinishedTask => finished.1.iter().flatten().sum(),
            Basis::Second => self.b.slice_s * self.b.slices as f64,
        };
        Row {
            key: key.clone(),
            places: places.map(|it| it.places.clone()).unwrap_or_default(),
            change,
            before_s: change.a.per * units,
        }
    }

    /// All time by what it is spent with, and all time together.
    fn totals(&self) -> Vec<(Total, Change)> {
        let (a, b) = (self.a.totals(), self.b.totals());
        let (a_done, b_done) = (self.a.all_finished(), self.b.all_finished());
        let none = vec![0.0; self.a.slices];
        let kinds: BTreeSet<&Total> = a.keys().chain(b.keys()).collect();
        let of = |sums: &FxHashMap<Total, Vec<f64>>, kind: &Total| {
            sums.get(kind).unwrap_or(&none).clone()
        };
        let totals = kinds.into_iter().map(|kind| {
            let (a, b) = (of(&a, kind), of(&b, kind));
            (*kind, self.change(&a, &b, Some(&a_done), Some(&b_done)))
        });
        let mut totals: Vec<(Total, Change)> = totals.collect();
        totals.sort_by(|(_, a), (_, b)| b.b.seconds.total_cmp(&a.b.seconds));
        totals
    }

    fn change(
        &self,
        a: &[f64],
        b: &[f64],
        a_done: Option<&[f64]>,
        b_done: Option<&[f64]>,
    ) -> Change {
        let is_enough = |done: Option<&[f64]>| {
            done.filter(|done| done.iter().sum::<f64>() >= MIN_FINISHED)
                .map(<[f64]>::to_vec)
        };
        let (basis, a_units, b_units) = match (is_enough(a_done), is_enough(b_done)) {
            (Some(a), Some(b)) => (Basis::FinishedTask, a, b),
            _ => {
                let seconds = |side: &Side| vec![side.slice_s; side.slices];
                (Basis::Second, seconds(self.a), seconds(self.b))
            }
        };
        let (a, b) = (measure(a, &a_units), measure(b, &b_units));
        Change {
            basis,
            a,
            b,
            noise: self.errors * a.error.hypot(b.error),
        }
    }
}

fn labels<S: Serializer>(places: &[Place], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(places.iter().map(Place::label))
}

#[cfg(test)]
mod tests;
