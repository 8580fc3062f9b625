//! What a diagnosis says.

use serde::{Deserialize, Serialize};

use super::id::ItemId;
use super::kind::{Confidence, DiagnosisKind, How, VerdictState};

/// The one-line answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub state: VerdictState,
    pub confidence: Confidence,
    pub summary: String,
    pub samples: u32,
    pub interval_s: f64,
}

/// One finding, root cause first in its list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    pub kind: DiagnosisKind,
    pub how: Option<How>,
    pub tasks: Vec<ItemId>,
    pub threads: Vec<ItemId>,
    pub resources: Vec<ItemId>,
    pub summary: String,
    pub culprit: Option<Culprit>,
    pub affected_tasks: u64,
    pub recovers_in_s: Option<f64>,
    pub confidence: Confidence,
    pub hint: Option<String>,
}

/// The line that a maintainer would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Culprit {
    pub file: String,
    pub line: u32,
    pub function: String,
    pub text: String,
}
