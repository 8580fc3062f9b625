//! Errors on the way from numbers to a checked layout.

/// A layout was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An overlay names a group that [`Layout`](crate::Layout) does not have.
    #[error("a layout has no group for `{key}`")]
    UnknownGroup {
        /// The key, as `group.field`.
        key: String,
    },
    /// An overlay sets an element of a list that would leave a gap before it.
    #[error("`{key}` is not the next element of its list")]
    Gap {
        /// The key, as `group.field.index`.
        key: String,
    },
    /// The numbers do not form a layout: an unknown field, or one out of range.
    #[error("not a layout: {0}")]
    Shape(String),
    /// The numbers form a layout that contradicts itself.
    #[error("an impossible layout: {rule}")]
    Implausible {
        /// The rule that is broken.
        rule: &'static str,
    },
    /// No build that the tables know has this size.
    #[error("no known build of CPython {minor} has {key} = {value}")]
    UnknownBuild {
        /// The minor version of the table.
        minor: String,
        /// The key that was observed.
        key: String,
        /// The value it had.
        value: i64,
    },
}
