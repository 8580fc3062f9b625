//! `next`, `stepBack`, `continue` and `reverseContinue` in a recording over time: from one whole look
//! to another.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use crate::capture::RecordFile;
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::messages::Request;
use crate::dap::protocol::unsupported;
use crate::dap::session::{Answer, Attached, Reply, Session, StopReason, guarded};
use crate::inspect::Source;
use crate::inspect::recording::Recording;
use crate::model::VerdictState;

/// The whole looks of a recording, and which of them is shown.
#[derive(Debug)]
pub struct Looks {
    file: Arc<RecordFile>,
    now: usize,
    /// Whether the client asked for the look that is read, by a step.
    stepping: bool,
}

/// Where a request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next look.
    Next,
    /// To the one before.
    Back,
    /// To the next look with another verdict, or to the last one.
    Continue,
    /// To the look before with another verdict, or to the first one.
    ReverseContinue,
}

impl Step {
    const fn is_forward(self) -> bool {
        matches!(self, Self::Next | Self::Continue)
    }
}

impl Looks {
    /// The looks of `file`, of which number `now` is shown.
    pub fn new(file: Arc<RecordFile>, now: usize) -> Self {
        Self {
            file,
            now,
            stepping: false,
        }
    }

    /// The look that is shown, in a sentence.
    pub fn place(&self) -> String {
        let place = self.file.place(self.now).unwrap_or_default();
        let all = self.file.looks().len();
        format!("look {} of {all}: {place}", self.now + 1)
    }

    /// Why the client is told of the look that was read.
    pub fn reason(&mut self) -> StopReason {
        match std::mem::take(&mut self.stepping) {
            true => StopReason::Stepped,
            false => StopReason::NewSample,
        }
    }

    fn verdict(&self, number: usize) -> Option<VerdictState> {
        let look = self.file.looks().get(number)?;
        look.verdict.as_ref().map(|verdict| verdict.state)
    }

    /// The number of the look that a step leads to; the same if there is none.
    fn after(&self, step: Step) -> usize {
        let last = self.file.looks().len().saturating_sub(1);
        let is_other = |number: &usize| self.verdict(*number) != self.verdict(self.now);
        match step {
            Step::Next => (self.now + 1).min(last),
            Step::Back => self.now.saturating_sub(1),
            Step::Continue => (self.now + 1..=last).find(is_other).unwrap_or(last),
            Step::ReverseContinue => (0..self.now).rev().find(is_other).unwrap_or(0),
        }
    }
}

impl Session {
    /// Goes to another look of the recording. Where nothing is recorded over time, `continue` lets
    /// the process run on, and the others need control of it.
    pub(crate) fn step(
        &mut self,
        step: Step,
        request: &Request,
        reply: &Reply,
    ) -> Result<Answer, Failure> {
        let Some(Attached {
            looks: Some(looks),
            sampling,
            ..
        }) = &self.attached
        else {
            return match step {
                Step::Continue => self.resume(reply),
                _ => unsupported::answer(&request.command, &request.arguments).map(Answer::Now),
            };
        };
        if *sampling {
            return Err(Failure::too_early("another look is being read"));
        }
        let to = looks.after(step);
        let is_end = to == looks.now;
        self.select(request.arguments.get("threadId"));
        let body = (step == Step::Continue).then(|| json!({ "allThreadsContinued": true }));
        self.reply(reply, Ok(body));
        match is_end {
            true => self.stay(step),
            false => self.go_to(to),
        }
        Ok(Answer::Given)
    }

    /// The thread or task of the request stays the one that the client sees.
    fn select(&mut self, thread_id: Option<&Value>) {
        let actor = thread_id
            .and_then(Value::as_i64)
            .and_then(|id| self.actor(id).ok());
        let id = actor.and_then(|actor| Some(self.client_view().ok()?.view.id(actor)));
        if let (Some(id), Some(attached)) = (id, &mut self.attached) {
            attached.selected = Some(id);
        }
    }

    /// There is no further look: the same one is shown again.
    fn stay(&mut self, step: Step) {
        self.say(match step.is_forward() {
            true => "this is the last look of the recording",
            false => "this is the first look of the recording",
        });
        let has_view = self.client_view().is_ok();
        if !has_view {
            return self.take_sample(None);
        }
        self.stop_due = Some((Instant::now(), StopReason::Stepped));
        self.tick(Instant::now());
    }

    /// Reads another look, and shows it.
    fn go_to(&mut self, number: usize) {
        self.frames.clear();
        self.stop_due = None;
        let Some(attached) = &mut self.attached else {
            return;
        };
        let Some(looks) = &attached.looks else {
            return;
        };
        attached.client_view = None;
        attached.sampling = true;
        let file = Arc::clone(&looks.file);
        self.submit(move |inspection| {
            inspection.release();
            let read = guarded(|| moment(&file, number));
            move |session: &mut Session| session.went_to(number, read)
        });
    }

    fn went_to(&mut self, number: usize, read: Result<Recording, Failure>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        attached.sampling = false;
        match read {
            Ok(recording) => {
                attached.source = Source::Recorded(Arc::new(recording));
                attached
                    .sources
                    .renew(&attached.source, attached.options.pid);
                // What was seen at other looks says nothing of this one.
                attached.wait_durations = Default::default();
                if let Some(looks) = &mut attached.looks {
                    looks.now = number;
                    looks.stepping = true;
                }
            }
            Err(failure) => self.say(&format!("that look cannot be read: {}", failure.text)),
        }
        if !self.is_over() {
            self.take_sample(None);
        }
    }
}

/// The look with this number.
///
/// # Errors
/// If its part of the file is damaged.
pub fn moment(file: &RecordFile, number: usize) -> Result<Recording, Failure> {
    let read = file.moment(number);
    read.map_err(|error| Failure::options(format!("the recording cannot be read: {error}")))
}
