//! Why an expression has no value.

use thiserror::Error;

use crate::cpython::DecodeError;

/// Why an expression has no value; printed as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The source is not an expression.
    #[error("{0}")]
    Syntax(String),
    /// Python raises this exception too; its text is that of one version.
    #[error("{exception}{}{message}", if message.is_empty() { "" } else { ": " })]
    Raises { exception: String, message: String },
    /// It would run code in the target or change it, or it is not computed here.
    #[error("{0}")]
    WouldRun(String),
    /// It exceeds a bound.
    #[error("{0}")]
    Bounded(String),
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    #[error("the evaluation was cancelled")]
    Cancelled,
}

/// Result of an evaluation.
pub(crate) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    pub(crate) fn raises(exception: &str, message: impl Into<String>) -> Self {
        Self::Raises {
            exception: exception.into(),
            message: message.into(),
        }
    }

    /// Whether Python raises an `AttributeError`, which `hasattr` catches.
    pub(crate) fn is_attribute_error(&self) -> bool {
        matches!(self, Self::Raises { exception, .. } if exception == "AttributeError")
    }
}

pub(crate) fn type_error<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("TypeError", message))
}

pub(crate) fn value_error<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("ValueError", message))
}

pub(crate) fn index_error<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("IndexError", message))
}

pub(crate) fn overflow<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("OverflowError", message))
}

pub(crate) fn zero_division<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::raises("ZeroDivisionError", message))
}

pub(crate) fn would_run<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::WouldRun(message.into()))
}

pub(crate) fn bounded<T>(message: impl Into<String>) -> Result<T> {
    Err(Refusal::Bounded(message.into()))
}
