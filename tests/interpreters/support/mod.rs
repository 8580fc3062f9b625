//! Shared by the tests with real interpreters.
//!
//! A test program writes the truth about itself (`tests/programs`), snapshots of it
//! are taken, and each case compares its part of both. See `suite`.

pub mod attach;
pub mod compare;
pub mod contract;
pub mod dump;
pub mod legs;
pub mod locals;
pub mod pause;
pub mod snapshot;
pub mod suite;
pub mod target;
pub mod truth;

/// The result of a test, with the reason of a failure.
pub type Outcome = Result<(), String>;

/// Succeeds where there is no mismatch, else lists them all.
pub fn none(mismatches: &[String]) -> Outcome {
    if mismatches.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} mismatches\n  {}",
        mismatches.len(),
        mismatches.join("\n  ")
    ))
}

/// Succeeds where `condition` holds.
pub fn ensure(condition: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { Err(otherwise()) }
}
