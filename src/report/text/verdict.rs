//! The answer: whether the process is stuck, where, whether it recovers, and why.

use std::io;

use super::layout::{Para, Piece, Role};
use super::{Page, why};
use crate::model::describe::{due, duration};
use crate::model::{Culprit, Diagnosis, DiagnosisKind, Task, Thread, Verdict, VerdictState};
use crate::plain_text;

/// Further findings that are listed.
const MAX_ALSO: usize = 5;
/// Columns of a field's title.
const FIELD: usize = 9;
/// Times that differ by less than this, in seconds, are taken to be the same.
const SAME_TIME_S: f64 = 0.5;

impl Page<'_, '_> {
    /// The verdict, and the first finding in full where it explains the verdict.
    pub(super) fn verdict(&mut self) -> io::Result<()> {
        let process = self.process;
        let Some(verdict) = &process.verdict else {
            return Ok(());
        };
        self.para(&verdict_line(verdict, !process.diagnoses.is_empty()))?;
        let stuck = verdict.state.is_explained();
        let Some((first, others)) = process.diagnoses.split_first() else {
            return Ok(());
        };
        if !stuck && first.summary != verdict.summary {
            return self.also(&process.diagnoses);
        }
        if let Some(culprit) = &first.culprit {
            self.culprit(culprit)?;
        }
        if stuck {
            let (role, text) = self.recovery(verdict, first);
            let mut para = field("RECOVERY");
            para.say(role, &text);
            self.para(&para)?;
            self.why(first)?;
        }
        if let Some(hint) = &first.hint {
            let mut para = field("FIX");
            para.say(Role::Plain, hint);
            self.para(&para)?;
        }
        self.also(others)
    }

    fn culprit(&mut self, culprit: &Culprit) -> io::Result<()> {
        let mut para = field("CULPRIT");
        let file = self.within(&culprit.file);
        para.say(Role::Location, &format!("{file}:{}", culprit.line));
        para.glue(Role::Plain, "  ");
        para.glue(Role::Plain, &culprit.function);
        self.para(&para)?;
        let text = Para::words(Role::Plain, culprit.text.trim());
        self.para(&text.indented(FIELD).hanging(2))
    }

    /// The path below the folder that all files of the program are in.
    fn within<'f>(&self, file: &'f str) -> &'f str {
        let files = (self.process.frames())
            .filter(|frame| !frame.library)
            .filter_map(|frame| frame.file.as_deref());
        let folder = |path: &'f str| path.rfind('/').map_or("", |at| &path[..=at]);
        let mut common = folder(file);
        for other in files.filter(|other| other.starts_with('/')) {
            while !other.starts_with(common) {
                common = folder(&common[..common.len() - 1]);
            }
        }
        match common.len() {
            0 | 1 => file,
            length => &file[length..],
        }
    }

    /// Whether, and when, the process recovers by itself.
    fn recovery(&self, verdict: &Verdict, diagnosis: &Diagnosis) -> (Role, String) {
        let process = self.process;
        let guards = || process.tasks.iter().flat_map(|task| &task.guards);
        if let Some(left) = diagnosis.recovers_in_s {
            let near = |other: f64| (other - left).abs() < SAME_TIME_S;
            let timers = process.loops.iter().filter_map(|one| one.next_timer_s);
            let time = due(left);
            let text = if guards().any(|guard| near(guard.remaining_s)) {
                match verdict.state {
                    VerdictState::Waiting => format!("at the latest {time}, by a timeout"),
                    _ => format!("{time}, by a timeout"),
                }
            } else if diagnosis.kind == DiagnosisKind::LongTimer || timers.into_iter().any(near) {
                format!("{time}, when the timer is due")
            } else {
                time
            };
            return (Role::Plain, text);
        }
        let has_limit = |thread: &&Thread| {
            let wait = thread.waits_for.as_ref();
            wait.is_some_and(|wait| wait.remaining_s.is_some())
        };
        let mut limited = process.threads.iter().filter(has_limit);
        let of_finding = limited.clone().any(|it| diagnosis.threads.contains(&it.id));
        let is_opaque =
            diagnosis.kind == DiagnosisKind::InternalWait && diagnosis.resources.is_empty();
        match verdict.state {
            VerdictState::Hung
                if guards().next().is_none() && self.timers() == 0 && limited.next().is_none() =>
            {
                (Role::Bad, "none: no timer or timeout is pending".to_owned())
            }
            VerdictState::Hung if let Some((task, left)) = self.library_timeout(diagnosis) => {
                let name = plain_text::name(&task.name);
                let text = format!(
                    "not known: {name} has a timeout {}, and its library may end this wait then",
                    due(left)
                );
                (Role::Warn, text)
            }
            VerdictState::Hung => (Role::Bad, "none: no timeout guards this wait".to_owned()),
            VerdictState::Livelock => (Role::Bad, "none: it repeats the same steps".to_owned()),
            VerdictState::BlockedLoop => {
                (Role::Warn, "when that call returns, not before".to_owned())
            }
            // It makes the same call with a limit again and again, or what limits its call is not
            // known.
            _ if of_finding || is_opaque => {
                (Role::Warn, "when what it waits for happens".to_owned())
            }
            VerdictState::Waiting
            | VerdictState::Busy
            | VerdictState::Idle
            | VerdictState::Starting
            | VerdictState::Unknown => (
                Role::Warn,
                "when what it waits for happens; no timeout guards it".to_owned(),
            ),
        }
    }

    /// A task of a library with a timeout, and the seconds that are left: what the library
    /// does then does not show.
    fn library_timeout(&self, diagnosis: &Diagnosis) -> Option<(&Task, f64)> {
        let tasks = self.process.tasks.iter();
        let others = tasks.filter(|task| {
            let own = task.frames.iter().any(|frame| !frame.library);
            !own && !diagnosis.tasks.contains(&task.id)
        });
        let timeouts = others.filter_map(|task| {
            let left = task.guards.iter().map(|guard| guard.remaining_s);
            Some((&**task, left.filter(|left| *left >= 0.0).reduce(f64::min)?))
        });
        timeouts.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn timers(&self) -> u64 {
        let loops = self.process.loops.iter();
        loops.filter_map(|event_loop| event_loop.timers).sum()
    }

    fn why(&mut self, diagnosis: &Diagnosis) -> io::Result<()> {
        let lines = why::lines(self.process, self.index, diagnosis);
        if lines.is_empty() {
            return Ok(());
        }
        self.heading("WHY", "")?;
        lines.iter().try_for_each(|line| self.para(line))
    }

    fn also(&mut self, diagnoses: &[Diagnosis]) -> io::Result<()> {
        let room = self.options.width.saturating_sub(FIELD).max(FIELD);
        for (at, one) in diagnoses.iter().take(MAX_ALSO).enumerate() {
            let summary = plain_text::clean(&one.summary);
            let mut para = field(if at == 0 { "ALSO" } else { "" });
            para.units.push(vec![Piece::new(
                Role::Plain,
                plain_text::cut(&summary, room),
            )]);
            self.para(&para)?;
        }
        match diagnoses.len().saturating_sub(MAX_ALSO) {
            0 => Ok(()),
            more => {
                let text = format!("and {more} more (--json)");
                self.para(&Para::words(Role::Dim, &text).indented(FIELD))
            }
        }
    }
}

/// `HUNG: … (certain; unchanged over 2 samples, 1.0 s apart)`
fn verdict_line(verdict: &Verdict, diagnosed: bool) -> Para {
    let (role, state) = match verdict.state {
        VerdictState::Hung => (Role::Bad, "HUNG"),
        VerdictState::BlockedLoop => (Role::Bad, "BLOCKED LOOP"),
        VerdictState::Livelock => (Role::Bad, "LIVELOCK"),
        VerdictState::Waiting if diagnosed => (Role::Warn, "WAITING"),
        VerdictState::Waiting => (Role::Plain, "WAITING"),
        VerdictState::Busy => (Role::Plain, "BUSY"),
        VerdictState::Idle => (Role::Plain, "IDLE"),
        VerdictState::Starting => (Role::Plain, "STARTING"),
        VerdictState::Unknown => (Role::Plain, "UNKNOWN"),
    };
    let mut para = field("VERDICT");
    para.say(role, &format!("{state}:"));
    para.say(Role::Plain, &verdict.summary);
    let samples = match (verdict.samples, verdict.state) {
        (0 | 1, _) => "one sample".to_owned(),
        (many, VerdictState::Hung) => format!("unchanged over {many} samples"),
        (many, _) => format!("{many} samples"),
    };
    let apart = match verdict.samples {
        0 | 1 => String::new(),
        _ => format!(", {} apart", duration(verdict.interval_s)),
    };
    let confidence = verdict.confidence;
    para.say(Role::Dim, &format!("({confidence}; {samples}{apart})"));
    para
}

fn field(title: &str) -> Para {
    let padded = format!("{title:<width$}", width = FIELD - 1);
    let mut para = Para::default().hanging(FIELD);
    para.glue(Role::Heading, &padded);
    para
}
