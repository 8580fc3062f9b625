//! What a rule is: one kind of finding, what it means, and how it is found.

use super::context::Context;
use super::facts::Facts;
use crate::model::{Confidence, Diagnosis, DiagnosisKind};

/// What a timeout ends within this time is waiting, not hanging.
pub(super) const SOON_S: f64 = 60.0;

/// A rule finds all there is of one kind.
#[derive(Debug)]
pub(super) struct Rule {
    /// The kind of its findings.
    pub kind: DiagnosisKind,
    /// How near to the root cause its findings are.
    pub rank: Rank,
    /// What a finding says about the process as a whole.
    pub meaning: Meaning,
    /// Whether its findings only matter while nothing hangs.
    pub only_alone: bool,
    /// Whether it finds waits for something outside, which may still come.
    pub outside: bool,
    /// Without this the rule finds nothing and is not run.
    pub needs: Needs,
    /// Finds all there is.
    pub find: for<'c, 'a> fn(&'c Context<'a>) -> Vec<Diagnosis>,
}

/// The position of a kind in the chain of causes. A finding of an earlier rank
/// is the reason for one of a later rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The cause is older than the process.
    BeforeStart,
    /// Loops, threads or one actor that wait in a circle.
    ThreadDeadlock,
    /// Code that would end waits does not get to run.
    NotRun,
    /// Something that is held, or an item that is not taken, does not come back.
    NotGivenBack,
    /// A wait that nobody ends.
    Endless,
    /// A program, group or job that does not end because of the above.
    NotFinished,
    /// A wait that may end.
    MayEnd,
    /// A wait of which it is not known whether it ends.
    Unexplained,
    /// What is wrong but keeps nobody waiting.
    Note,
}

/// What a finding says about the process as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It will not go on.
    Hung,
    /// A loop does not turn.
    BlockedLoop,
    /// A loop turns and nothing gets done.
    Livelock,
    /// It waits for something that may come.
    Waiting,
    /// Nothing.
    Neutral,
}

/// What a rule cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// One sample.
    Sample,
    /// An earlier sample to compare with.
    Movement,
    /// References to resources that are waited for.
    References,
}

impl Needs {
    /// Whether the facts have it.
    pub(super) fn are_met(self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Sample => true,
            Self::Movement => facts.progress.known,
            Self::References => !facts.process.references.is_empty(),
        }
    }
}

/// A diagnosis and the rule that made it.
#[derive(Debug)]
pub(super) struct Finding {
    /// The rule that made it.
    pub rule: &'static Rule,
    /// What it found.
    pub diagnosis: Diagnosis,
}

impl Finding {
    /// Whether it is only a guess.
    pub(super) fn is_guess(&self) -> bool {
        self.diagnosis.confidence == Confidence::Possible
    }

    /// Whether it alone makes the process count as hung.
    pub(super) fn is_hang(&self) -> bool {
        self.rule.meaning == Meaning::Hung && !self.is_guess() && !self.recovers_soon()
    }

    /// Whether it makes the process count as hung, or its loop as blocked.
    pub(super) fn is_alarm(&self) -> bool {
        self.is_hang() || self.rule.meaning == Meaning::BlockedLoop
    }

    /// Whether a timeout ends it soon.
    pub(super) fn recovers_soon(&self) -> bool {
        let recovers = self.diagnosis.recovers_in_s;
        recovers.is_some_and(|left| left < SOON_S)
    }
}

/// A diagnosis of which only kind, confidence and summary are known.
pub(super) fn diagnosis(kind: DiagnosisKind, confidence: Confidence, summary: String) -> Diagnosis {
    Diagnosis {
        kind,
        how: None,
        tasks: Vec::new(),
        threads: Vec::new(),
        resources: Vec::new(),
        summary,
        culprit: None,
        affected_tasks: 0,
        recovers_in_s: None,
        confidence,
        hint: None,
    }
}
