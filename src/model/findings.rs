//! The verdict on a process, and the findings of the diagnosis.

use serde::{Deserialize, Serialize};

use super::id::ItemId;
use super::kind::{Confidence, DiagnosisKind, How, VerdictState};

/// The one-line answer about a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The answer in one word.
    pub state: VerdictState,
    /// How sure the answer is.
    pub confidence: Confidence,
    /// The answer in one sentence.
    pub summary: String,
    /// Samples that were compared, the shown one included.
    pub samples: u32,
    /// Planned time between two samples, in seconds.
    pub interval_s: f64,
}

/// One finding. Lists of findings have the root cause first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What is wrong.
    pub kind: DiagnosisKind,
    /// A closer description within the kind, e.g. `lost-wakeup`. `None` for kinds
    /// that have only one form.
    pub how: Option<How>,
    /// Tasks that take part.
    pub tasks: Vec<ItemId>,
    /// Threads that take part.
    pub threads: Vec<ItemId>,
    /// Resources that take part.
    pub resources: Vec<ItemId>,
    /// The finding in one sentence.
    pub summary: String,
    /// The line to change. `None` if no single line is to blame.
    pub culprit: Option<Culprit>,
    /// Number of tasks that cannot go on before this ends.
    pub affected_tasks: u64,
    /// Seconds until a timeout or timer ends it. `None` if none is known.
    pub recovers_in_s: Option<f64>,
    /// How sure the finding is.
    pub confidence: Confidence,
    /// How to fix it. `None` if there is no general advice.
    pub hint: Option<String>,
}

/// The line that a maintainer would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Culprit {
    /// Path of the source file, as the code object names it.
    pub file: String,
    /// Line number, from 1.
    pub line: u32,
    /// Name of the function.
    pub function: String,
    /// Text of the line as the file has it now; empty if it cannot be read.
    pub text: String,
}
