//! The last minutes of a recording that goes on: bounded in time and in memory.

use std::collections::VecDeque;
use std::time::Duration;

use super::segments::Joiner;
use super::timeline::Timeline;
use super::trust::Trust;

/// The time that is kept consists of so many pieces; the oldest is forgotten as a whole.
const PIECES: u32 = 10;
/// Maximum number of intervals of all pieces, 40 bytes each: of a process whose tasks change
/// faster, less time is kept.
const MAX_INTERVALS: usize = 1_000_000;

/// A piece that has ended.
#[derive(Debug)]
struct Piece {
    timeline: Timeline,
    from_ns: u64,
    /// The numbers of the recording where the piece begins.
    before: Trust,
}

/// The pieces of a timeline that are kept.
#[derive(Debug)]
pub struct Ring {
    keep_ns: u64,
    pieces: VecDeque<Piece>,
    /// Where the piece begins that is not in the ring yet.
    from_ns: u64,
    before: Trust,
}

/// What is kept, as one recording.
#[derive(Debug)]
pub struct Kept {
    /// When it begins, since the beginning of the recording that goes on.
    pub from_ns: u64,
    /// What was seen since then.
    pub timeline: Timeline,
    /// How far it can be trusted.
    pub trust: Trust,
}

impl Ring {
    /// Keeps the last `keep`, and up to a tenth more.
    pub fn new(keep: Duration) -> Self {
        Self {
            keep_ns: u64::try_from(keep.as_nanos()).unwrap_or(u64::MAX),
            pieces: VecDeque::new(),
            from_ns: 0,
            before: Trust::default(),
        }
    }

    /// Takes a piece out of the timeline if it is time, `at_ns` after the beginning, and forgets
    /// what is too old. `trust` has the numbers of the whole recording up to now.
    pub fn turn(&mut self, timeline: &mut Timeline, at_ns: u64, trust: &Trust) {
        let is_old = at_ns - self.from_ns.min(at_ns) >= self.keep_ns / u64::from(PIECES);
        let is_full = timeline.intervals().len() >= MAX_INTERVALS / PIECES as usize;
        if !is_old && !is_full {
            return;
        }
        let piece = Piece {
            timeline: timeline.split(at_ns),
            from_ns: std::mem::replace(&mut self.from_ns, at_ns),
            before: std::mem::replace(&mut self.before, trust.clone()),
        };
        self.pieces.push_back(piece);
        // The second piece is still there when the first one is forgotten.
        while self
            .pieces
            .get(1)
            .is_some_and(|it| it.from_ns + self.keep_ns < at_ns)
            || self.intervals() > MAX_INTERVALS
        {
            self.pieces.pop_front();
        }
    }

    /// What is kept up to `at_ns`. `now` is what is not in the ring yet; `trust` has the numbers of
    /// the whole recording.
    pub fn kept(&self, now: &Timeline, at_ns: u64, trust: &Trust) -> Kept {
        let first = self.pieces.front();
        let (from_ns, before) = match first {
            Some(piece) => (piece.from_ns, &piece.before),
            None => (self.from_ns, &self.before),
        };
        let mut joiner = Joiner::new(from_ns);
        for piece in &self.pieces {
            joiner.add(&piece.timeline);
        }
        let mut last = now.clone();
        last.finish(at_ns);
        joiner.add(&last);
        Kept {
            from_ns,
            timeline: joiner.end(),
            trust: trust.since(before),
        }
    }

    fn intervals(&self) -> usize {
        let all = self.pieces.iter().map(|it| it.timeline.intervals().len());
        all.sum()
    }
}
