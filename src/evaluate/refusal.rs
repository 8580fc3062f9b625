//! Why an expression has no value.

use thiserror::Error;

use crate::cpython::DecodeError;

/// Why an expression has no value; printed as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It is no expression.
    #[error("{0}")]
    Syntax(String),
    /// Python raises this too.
    #[error("{exception}{}{message}", if message.is_empty() { "" } else { ": " })]
    Raises { exception: String, message: String },
    /// It would run code in the target, or change it.
    #[error("{0}")]
    WouldRun(String),
    /// It is larger or takes longer than is allowed.
    #[error("{0}")]
    Bounded(String),
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    #[error("the evaluation was cancelled")]
    Cancelled,
}

/// Shorthand for results of this room.
pub(super) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    pub(super) fn raises(exception: &str, message: impl Into<String>) -> Self {
        Self::Raises {
            exception: exception.into(),
            message: message.into(),
        }
    }

    /// Whether Python raises an `AttributeError`, which `hasattr` catches.
    pub(super) fn is_attribute_error(&self) -> bool {
        matches!(self, Self::Raises { exception, .. } if exception == "AttributeError")
    }
}

pub(super) fn type_error<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("TypeError", message))
}

pub(super) fn value_error<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("ValueError", message))
}

pub(super) fn index_error<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("IndexError", message))
}

pub(super) fn overflow<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("OverflowError", message))
}

pub(super) fn zero_division<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("ZeroDivisionError", message))
}

pub(super) fn would_run<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::WouldRun(message.into()))
}

pub(super) fn bounded<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::Bounded(message.into()))
}
