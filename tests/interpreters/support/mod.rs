//! Shared by the tests that look into real interpreters.
//!
//! A test program tells the truth about itself (`tests/programs`), the tool
//! looks at it once, and every case compares its part of both. See `suite`.

pub mod attach;
pub mod compare;
pub mod contract;
pub mod legs;
pub mod locals;
pub mod snapshot;
pub mod suite;
pub mod target;
pub mod truth;

/// Why a test failed; or nothing to say.
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
