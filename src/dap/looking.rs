//! Attaching, pausing, going on, leaving: when snapshots are taken.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::failure::Failure;
use super::jobs::Cancel;
use super::options::{AttachArguments, Options};
use super::protocol::Request;
use super::session::{Answer, Attached, Reply, Seen, Session, Stage, guarded};
use super::since::Since;
use super::sources::SourceFiles;
use super::threads::{Identities, Listing};
use super::view::{Actor, View};
use crate::diagnosis::capture::Capture;
use crate::limits::Limits;
use crate::snapshot::count::{Counts, count};
use crate::snapshot::take::{TakeOptions, take_process};
use crate::snapshot::{Process, TaskState};
use crate::target::Error;

/// Looks that a verdict is made from, and the time between them.
const SAMPLES: u32 = 2;
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a stop waits for `configurationDone`. Clients send it at once;
/// some never do.
const CONFIGURATION: Duration = Duration::from_secs(2);
/// How often tasks are compared while the process runs, where that is wanted.
const POLL: Duration = Duration::from_secs(1);

/// Why the client is told that the process stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Show the one who is to be looked at first.
    Looked,
    /// Show the one that was selected.
    Selected,
}

impl Session {
    pub(super) fn attach(&mut self, request: &Request, reply: &Reply) -> Result<Answer, Failure> {
        if self.attached.is_some() || self.stage == Stage::Attaching {
            return Err(Failure::too_early("this session is attached already"));
        }
        let arguments: AttachArguments = request.arguments()?;
        if !arguments.knows(self.rules.token.as_deref()) {
            return Err(Failure::token());
        }
        let options = arguments.check(self.rules.pid)?;
        self.stage = Stage::Attaching;
        let (reply, pid) = (reply.clone(), options.pid);
        self.submit(move |_| {
            let found = guarded(|| Ok(count(pid, &Limits::default())?));
            move |session: &mut Session| session.found(&reply, options, found)
        });
        Ok(Answer::Later)
    }

    /// The process is there and can be read: the first look may begin.
    fn found(&mut self, reply: &Reply, options: Options, found: Result<Counts, Failure>) {
        if self.is_over() {
            return;
        }
        let counts = match found {
            Ok(counts) => counts,
            Err(failure) => {
                self.stage = Stage::Initialized;
                return self.reply(reply, Err(failure));
            }
        };
        let pid = options.pid;
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = command.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let name = words.collect::<Vec<_>>().join(" ");
        self.attached = Some(Attached {
            sources: SourceFiles::new(pid, options.path_mappings.clone()),
            options,
            identities: Identities::default(),
            since: Since::default(),
            seen: None,
            listed: Vec::new(),
            selected: None,
            looking: false,
            ended: false,
        });
        self.event("initialized", None);
        self.event(
            "process",
            Some(json!({
                "name": name.trim_end(),
                "systemProcessId": pid,
                "isLocalProcess": true,
                "startMethod": "attach",
                "pointerSize": 64,
            })),
        );
        let count = counts.tasks;
        let version = &counts.python.version;
        self.say(&format!(
            "dapper-attach: process {pid}, CPython {version}, {count} tasks; read-only, it runs on"
        ));
        self.look(Some(reply.clone()));
    }

    /// Takes a snapshot; `attach` is answered when it is there.
    pub(super) fn look(&mut self, attach: Option<Reply>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        if std::mem::replace(&mut attached.looking, true) {
            return;
        }
        let pid = attached.options.pid;
        let freeze = attached.options.freeze;
        let capture = Capture {
            pid,
            children: false,
            samples: SAMPLES,
            interval: INTERVAL,
            options: TakeOptions {
                locals: false,
                no_pause: false,
                max_pause: attached.options.max_pause,
                movement_only: false,
                limits: Limits::default(),
            },
        };
        self.poll_due = None;
        let cancel = Cancel::default();
        self.begin_progress(&format!("Looking at process {pid}"), cancel.clone());
        self.submit(move |bench| {
            // What stood still until now must be seen to move, or not.
            bench.drop_kept();
            let looked = guarded(|| {
                let found = capture.kept(freeze, &|| !cancel.is_cancelled())?;
                let (process, kept) = found.ok_or_else(Failure::cancelled)?;
                let frozen = kept.is_frozen();
                bench.keep(kept);
                Ok((process, frozen))
            });
            move |session: &mut Session| session.looked(attach, looked)
        });
    }

    fn looked(&mut self, attach: Option<Reply>, looked: Result<(Process, bool), Failure>) {
        self.end_progress();
        if self.is_over() {
            return;
        }
        let Some(attached) = &mut self.attached else {
            return;
        };
        attached.looking = false;
        let failure = match looked {
            Ok((process, frozen)) => {
                self.see(process, frozen);
                if let Some(reply) = &attach {
                    self.stage = Stage::Attached;
                    self.reply(reply, Ok(None));
                }
                let wait = match self.configured {
                    true => Duration::ZERO,
                    false => CONFIGURATION,
                };
                self.stop_due = Some((Instant::now() + wait, Reason::Looked));
                return self.tick(Instant::now());
            }
            Err(failure) => failure,
        };
        match &attach {
            Some(reply) => {
                self.stage = Stage::Initialized;
                self.attached = None;
                self.reply(reply, Err(failure));
            }
            None => self.say(&format!("no look at the process: {}", failure.text)),
        }
    }

    /// Arranges what was seen for the client.
    fn see(&mut self, process: Process, frozen: bool) {
        let now = Instant::now();
        self.frames.clear();
        let Some(attached) = &mut self.attached else {
            return;
        };
        attached.since.note(&process, now);
        let view = View::new(process);
        let options = &attached.options.list;
        let selected = attached.selected.as_deref().and_then(|id| view.actor(id));
        let listing = Listing::new(&view, &mut attached.identities, options, selected);
        attached.listed.clone_from(&listing.threads);
        attached.seen = Some(Seen {
            view: Arc::new(view),
            listing,
            frozen,
        });
        self.freeze_due = attached.options.freeze.filter(|_| frozen).map(|limit| now + limit);
    }

    /// Tells the client that there is something to look at.
    pub(super) fn stopped(&mut self, reason: Reason) {
        let Some((attached, seen)) = self
            .attached
            .as_ref()
            .and_then(|attached| Some((attached, attached.seen.as_ref()?)))
        else {
            return;
        };
        let view = &seen.view;
        let chosen = attached.selected.as_deref().and_then(|id| view.actor(id));
        let first = match reason {
            Reason::Selected => chosen.or_else(|| view.first_to_see()),
            Reason::Looked => view.first_to_see(),
        };
        let thread_id = first.and_then(|actor| seen.listing.id(actor, view));
        let mut body = json!({
            "reason": "pause",
            "description": view.summary(),
            "text": view.summary(),
            "allThreadsStopped": true,
        });
        if let Some(id) = thread_id {
            body["threadId"] = id.into();
        }
        if reason == Reason::Looked {
            self.say_verdict();
        }
        self.event("stopped", Some(body));
    }

    pub(super) fn configuration_done(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.configured = true;
        self.reply(reply, Ok(None));
        if let Some((_, reason)) = self.stop_due {
            self.stop_due = Some((Instant::now(), reason));
            self.tick(Instant::now());
        }
        Ok(Answer::Given)
    }

    pub(super) fn pause(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        if self.attached()?.ended {
            return Err(Failure::too_early("the process has ended"));
        }
        self.reply(reply, Ok(None));
        self.look(None);
        Ok(Answer::Given)
    }

    pub(super) fn go_on(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.attached()?;
        self.reply(reply, Ok(Some(json!({ "allThreadsContinued": true }))));
        let thread_id = self.drop_snapshot();
        let body = json!({ "threadId": thread_id, "allThreadsContinued": true });
        self.event("continued", Some(body));
        Ok(Answer::Given)
    }

    /// Forgets what was seen, and lets the process go if it stands still. Gives
    /// the id of its first thread.
    fn drop_snapshot(&mut self) -> i64 {
        self.frames.clear();
        self.stop_due = None;
        self.freeze_due = None;
        let Some(attached) = &mut self.attached else {
            return 0;
        };
        attached.seen = None;
        if attached.options.thread_events && !attached.ended {
            self.poll_due = Some(Instant::now() + POLL);
        }
        let first = attached.listed.first().map_or(0, |thread| thread.id);
        self.submit(|bench| {
            bench.drop_kept();
            |_: &mut Session| ()
        });
        first
    }

    pub(super) fn disconnect(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.cancel_all();
        if self.attached.is_some() {
            self.drop_snapshot();
        }
        self.reply(reply, Ok(None));
        self.stage = Stage::Over;
        Ok(Answer::Given)
    }

    /// The process has ended; `status` is what it gave its parent, where known.
    pub fn target_ended(&mut self, status: Option<i32>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        if self.stage == Stage::Over || std::mem::replace(&mut attached.ended, true) {
            return;
        }
        let pid = attached.options.pid;
        self.poll_due = None;
        let text = match status {
            Some(status) => format!("process {pid} has ended with status {status}"),
            None => format!("process {pid} has ended; only its parent learns its status"),
        };
        self.say(&text);
        self.event("exited", Some(json!({ "exitCode": status.unwrap_or(-1) })));
        self.event("terminated", None);
    }

    /// When [`Self::tick`] must be called next, if at all.
    pub fn next_tick(&self) -> Option<Instant> {
        let stop = self.stop_due.map(|(due, _)| due);
        [stop, self.freeze_due, self.poll_due].into_iter().flatten().min()
    }

    /// Does what is due at `now`.
    pub fn tick(&mut self, now: Instant) {
        if let Some((due, reason)) = self.stop_due
            && (self.configured || due <= now)
        {
            self.stop_due = None;
            self.stopped(reason);
        }
        if self.freeze_due.is_some_and(|due| due <= now) {
            self.freeze_due = None;
            self.thaw();
        }
        if self.poll_due.is_some_and(|due| due <= now) {
            self.poll_due = None;
            self.poll();
        }
    }

    /// The time is over for which the process may stand still.
    fn thaw(&mut self) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        let Some(seen) = &mut attached.seen else {
            return;
        };
        seen.frozen = false;
        let seconds = attached.options.freeze.unwrap_or_default().as_secs_f64();
        self.submit(|bench| {
            bench.thaw();
            |_: &mut Session| ()
        });
        self.say(&format!(
            "the process was let go after {seconds} s (`maxFreezeSeconds`); what you see is how it stood then"
        ));
    }

    /// Looks which tasks came and went while the process runs.
    fn poll(&mut self) {
        let Some(attached) = self.attached.as_ref().filter(|it| it.seen.is_none() && !it.looking)
        else {
            return;
        };
        let pid = attached.options.pid;
        let options = TakeOptions {
            locals: false,
            no_pause: true,
            max_pause: attached.options.max_pause,
            movement_only: true,
            limits: Limits::default(),
        };
        self.submit(move |_| {
            let seen = take_process(pid, &options);
            move |session: &mut Session| session.polled(seen)
        });
    }

    fn polled(&mut self, seen: Result<Process, Error>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        if attached.seen.is_some() || attached.looking || attached.ended {
            return;
        }
        self.poll_due = Some(Instant::now() + POLL);
        let Ok(mut process) = seen else { return };
        process.tasks.retain(|task| task.state != TaskState::Done);
        let view = View::new(process);
        let options = &attached.options.list;
        let listing = Listing::new(&view, &mut attached.identities, options, None);
        let before = std::mem::replace(&mut attached.listed, listing.threads);
        let now = attached.listed.clone();
        let has = |list: &[super::types::Thread], id| list.iter().any(|thread| thread.id == id);
        for thread in now.iter().filter(|thread| !has(&before, thread.id)) {
            let body = json!({ "reason": "started", "threadId": thread.id });
            self.event("thread", Some(body));
        }
        for thread in before.iter().filter(|thread| !has(&now, thread.id)) {
            let body = json!({ "reason": "exited", "threadId": thread.id });
            self.event("thread", Some(body));
        }
    }

    /// Lists anew, and tells the client.
    pub(super) fn list_again(&mut self) {
        self.relist();
        let note = self.seen().ok().and_then(|seen| seen.listing.note.clone());
        if let Some(note) = note {
            self.say(&note);
        }
        match self.client.supports_invalidated_event {
            true => self.event("invalidated", Some(json!({ "areas": ["all"] }))),
            false => self.stopped(Reason::Selected),
        }
    }

    /// Lists anew, after what is listed was changed.
    pub(super) fn relist(&mut self) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        let selected = attached.selected.clone();
        let Some(seen) = &mut attached.seen else {
            return;
        };
        let chosen = selected.as_deref().and_then(|id| seen.view.actor(id));
        let options = &attached.options.list;
        seen.listing = Listing::new(&seen.view, &mut attached.identities, options, chosen);
        attached.listed.clone_from(&seen.listing.threads);
    }

    fn say_verdict(&mut self) {
        let Ok(seen) = self.seen() else { return };
        let (view, note) = (Arc::clone(&seen.view), seen.listing.note.clone());
        let process = &view.process;
        let mut lines = Vec::new();
        if let Some(verdict) = &process.verdict {
            let state = verdict.state.to_uppercase();
            lines.push(format!("{state}: {} ({})", verdict.summary, verdict.confidence));
        }
        if let Some(first) = process.diagnoses.first() {
            if let Some(culprit) = &first.culprit {
                let text = culprit.text.trim();
                lines.push(format!(
                    "culprit: {}:{} in {}: {text}",
                    culprit.file, culprit.line, culprit.function
                ));
            }
            lines.extend(first.hint.iter().map(|hint| format!("hint: {hint}")));
        }
        lines.extend(process.read.note.iter().cloned());
        lines.extend(process.errors.iter().map(|error| format!("not all was read: {error}")));
        lines.extend(note);
        for line in lines {
            self.say(&crate::report::clean::clean(&line));
        }
    }

    fn begin_progress(&mut self, title: &str, cancel: Cancel) {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = format!("look-{number}");
        if self.client.supports_progress_reporting {
            let body = json!({ "progressId": id, "title": title, "cancellable": true });
            self.event("progressStart", Some(body));
        }
        self.progress = Some((id, cancel));
    }

    fn end_progress(&mut self) {
        let Some((id, _)) = self.progress.take() else {
            return;
        };
        if self.client.supports_progress_reporting && !self.is_over() {
            self.event("progressEnd", Some(json!({ "progressId": id })));
        }
    }

    /// The view, with who has this thread id in it.
    pub(super) fn view_and_actor(&self, thread_id: i64) -> Result<(Arc<View>, Actor), Failure> {
        let actor = self.actor(thread_id)?;
        Ok((Arc::clone(&self.seen()?.view), actor))
    }
}

