//! Candidates for a runtime as they are recorded: what was found out about the
//! layout of a process, without the files that it was found in.

use python_offsets::Overlay;
use serde::{Deserialize, Serialize};

use super::{Candidate, Evidence};
use crate::model::LayoutSource;

/// A [`Candidate`] by the name of its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCandidate {
    pub runtime: u64,
    /// `3.13`
    pub minor: String,
    pub free_threaded: bool,
    /// What was measured of this very build.
    pub overlay: Overlay,
    pub source: LayoutSource,
    /// Whether it only looks like a runtime.
    pub searched: bool,
}

impl From<&Candidate> for KnownCandidate {
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

impl KnownCandidate {
    /// The candidate; `None` where its version has no table here.
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
