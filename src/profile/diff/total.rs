//! What time is spent with: the subject of the totals, and of rules.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::profile::{Activity, ReasonKind};

/// What time is spent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Total {
    /// Anything.
    All,
    /// Any wait.
    Waits,
    /// Waits of one kind.
    Wait(ReasonKind),
    /// Something else than waiting.
    Activity(Activity),
}

/// No such total is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoTotal;

impl Total {
    /// The totals that a state counts for.
    pub(super) fn of(activity: Activity, kind: Option<ReasonKind>) -> Vec<Self> {
        match (activity, kind) {
            (Activity::Waiting, Some(kind)) => vec![Self::All, Self::Waits, Self::Wait(kind)],
            (Activity::Waiting, None) => vec![Self::All, Self::Waits],
            (other, _) => vec![Self::All, Self::Activity(other)],
        }
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Waits => f.write_str("wait"),
            Self::Wait(kind) => write!(f, "wait:{}", kind.as_str()),
            Self::Activity(activity) => f.write_str(activity.as_str()),
        }
    }
}

impl FromStr for Total {
    type Err = NoTotal;

    fn from_str(text: &str) -> Result<Self, NoTotal> {
        let wait = text.strip_prefix("wait:").map(str::parse);
        match (text, wait) {
            ("all", _) => Ok(Self::All),
            ("wait", _) => Ok(Self::Waits),
            (_, Some(kind)) => kind.map(Self::Wait).map_err(|_| NoTotal),
            (other, None) => match other.parse() {
                Ok(Activity::Waiting) | Err(_) => Err(NoTotal),
                Ok(activity) => Ok(Self::Activity(activity)),
            },
        }
    }
}

impl Serialize for Total {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
