//! Candidates for a runtime in a capture, which has no images to find them in.

use python_offsets::{Overlay, Source};
use serde::{Deserialize, Serialize};

use super::{Candidate, Evidence};

/// A [`Candidate`] with the name of its table instead of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCandidate {
    /// Address of `_PyRuntime`.
    pub runtime: u64,
    /// The minor version, such as `3.13`.
    pub minor: String,
    /// Whether it is a free-threaded build.
    pub free_threaded: bool,
    /// Numbers that were read from this very build.
    pub overlay: Overlay,
    /// Source of the numbers in `overlay`.
    pub source: Source,
    /// Whether a search found it, see [`Evidence::Searched`].
    pub searched: bool,
}

impl From<&Candidate> for RecordedCandidate {
    fn from(candidate: &Candidate) -> Self {
        let build = &candidate.table.base().build;
        Self {
            runtime: candidate.runtime,
            minor: build.minor.trim_end_matches('t').to_owned(),
            free_threaded: build.free_threaded,
            overlay: candidate.overlay.clone(),
            source: candidate.source,
            searched: candidate.evidence == Evidence::Searched,
        }
    }
}

impl RecordedCandidate {
    /// The candidate. `None` if there is no table for its version.
    pub fn candidate(&self) -> Option<Candidate> {
        Some(Candidate {
            runtime: self.runtime,
            table: python_offsets::table(&self.minor, self.free_threaded)?,
            overlay: self.overlay.clone(),
            source: self.source,
            evidence: match self.searched {
                true => Evidence::Searched,
                false => Evidence::Named,
            },
        })
    }
}
