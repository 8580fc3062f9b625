//! `attach`, `configurationDone`, `pause`, `continue`, `disconnect`: when snapshots
//! are taken.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::looks::{Looks, moment};
use super::sources::SourceFiles;
use crate::capture::{self, At, Captured};
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::messages::Request;
use crate::dap::session::jobs::Cancel;
use crate::dap::session::options::{AttachArguments, Options};
use crate::dap::session::timing::POLL;
use crate::dap::session::wait_durations::WaitDurations;
use crate::dap::session::{
    Answer, Attached, ClientView, Reply, Session, Stage, StopReason, guarded,
};
use crate::dap::threads::{Listing, TaskIds};
use crate::dap::view::{Actor, View};
use crate::inspect::Source;
use crate::inspect::inspection::{Inspected, Inspection};
use crate::inspect::{SampleOptions, Scope};
use crate::limits::Limits;
use crate::model::Process;
use crate::process::command_line;
use crate::sampling::count::{Counts, count};

/// Samples that a verdict is made from.
const SAMPLES: u32 = 2;
/// The time between two samples.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long the first stop waits for `configurationDone`. Most clients send it at
/// once, some never do.
const CONFIGURATION_TIME: Duration = Duration::from_secs(2);

/// A snapshot as it comes from the worker.
pub(crate) struct Sampled {
    pub(crate) process: Process,
    /// An earlier sample, and when it was taken.
    pub(crate) first: Option<(Instant, Process)>,
    pub(crate) frozen: bool,
}

/// The process or capture to attach to, as it comes from the worker.
struct Target {
    source: Source,
    pid: u32,
    command: Vec<String>,
    counts: Counts,
    /// The looks of a recording over time; `None` for a process or a capture.
    looks: Option<Looks>,
    /// What there is to say of a recording that is not whole.
    warning: Option<String>,
}

impl Target {
    fn of(options: &Options) -> Result<Self, Failure> {
        let limits = Limits::default();
        let Some(path) = &options.capture else {
            let pid = options.pid;
            let command = command_line(pid).unwrap_or_default();
            return Ok(Self {
                source: Source::Live,
                pid,
                command,
                counts: count(pid, &limits)?,
                looks: None,
                warning: None,
            });
        };
        let unreadable =
            |what: String| Failure::options(format!("`capture`: {} {what}", path.display()));
        let opened = (capture::open_file(path))
            .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        let (recording, looks, warning) = match opened {
            Captured::Moment(recording) => (recording, None, None),
            Captured::OverTime(file) => {
                let number = (options.at.unwrap_or(At::Last).choose(&file))
                    .map_err(|error| unreadable(format!("cannot be shown: {error}")))?;
                let recording = moment(&file, number)?;
                let warning = file.warning();
                let looks = Looks::new(Arc::new(file), number);
                (recording, Some(looks), warning)
            }
        };
        let process = recording.first();
        let process = process.ok_or_else(|| unreadable("holds no process".into()))?;
        Ok(Self {
            pid: process.pid(),
            command: process.facts.command.clone(),
            counts: process.count(&limits)?,
            source: Source::Recorded(Arc::new(recording)),
            looks,
            warning,
        })
    }
}

impl Session {
    /// `attach`: finds the process, then takes the first snapshot.
    pub(crate) fn attach(&mut self, request: &Request, reply: &Reply) -> Result<Answer, Failure> {
        if self.attached.is_some() || self.stage == Stage::Attaching {
            return Err(Failure::too_early("this session is attached already"));
        }
        let arguments: AttachArguments = request.arguments()?;
        if !arguments.knows(self.rules.token.as_deref()) {
            return Err(Failure::token());
        }
        let options = arguments.check(&self.rules)?;
        self.stage = Stage::Attaching;
        let reply = reply.clone();
        self.submit(move |_| {
            let target = guarded(|| Target::of(&options));
            move |session: &mut Session| session.found(&reply, options, target)
        });
        Ok(Answer::Later)
    }

    /// The process was found, or could not be read.
    fn found(&mut self, reply: &Reply, mut options: Options, target: Result<Target, Failure>) {
        if self.is_over() {
            return;
        }
        let Target {
            source,
            pid,
            command,
            counts,
            looks,
            warning,
        } = match target {
            Ok(target) => target,
            Err(failure) => {
                self.stage = Stage::Initialized;
                return self.reply(reply, Err(failure));
            }
        };
        options.pid = pid;
        let mut process = json!({
            "name": command.join(" "),
            "isLocalProcess": source.recording().is_none(),
            "startMethod": "attach",
            "pointerSize": 64,
        });
        if source.recording().is_none() {
            process["systemProcessId"] = pid.into();
        }
        let state = match (source.recording(), &looks) {
            (None, _) => "read-only, it runs on".to_owned(),
            (Some(_), Some(_)) => {
                "recorded over time: step and step back show its looks".to_owned()
            }
            (Some(recording), None) => format!("captured at {}: nothing runs", recording.taken_at),
        };
        let has_looks = looks.is_some();
        self.attached = Some(Attached {
            sources: SourceFiles::new(&source, pid, options.path_mappings.clone()),
            options,
            source,
            task_ids: TaskIds::default(),
            wait_durations: WaitDurations::default(),
            client_view: None,
            looks,
            listed: Vec::new(),
            selected: None,
            sampling: false,
            ended: false,
        });
        if has_looks {
            let body = json!({ "capabilities": { "supportsStepBack": true } });
            self.event("capabilities", Some(body));
        }
        self.event("initialized", None);
        self.event("process", Some(process));
        let count = counts.tasks;
        let version = &counts.python.version;
        self.say(&format!(
            "dapper-attach: process {pid}, CPython {version}, {count} tasks; {state}"
        ));
        if let Some(warning) = warning {
            self.say(&format!("the recording: {warning}"));
        }
        self.take_sample(Some(reply.clone()));
    }

    /// Takes a snapshot. With `attach`, that request is answered when it is there.
    pub(crate) fn take_sample(&mut self, attach: Option<Reply>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        if std::mem::replace(&mut attached.sampling, true) {
            return;
        }
        let pid = attached.options.pid;
        let freeze = attached.options.freeze;
        let source = attached.source.clone();
        let recording = source.recording();
        let capture = Inspection {
            pid,
            children: false,
            samples: recording.map_or(SAMPLES, |recording| recording.samples()),
            interval: recording.map_or(INTERVAL, |recording| recording.interval()),
            source,
            options: SampleOptions {
                locals: false,
                no_pause: false,
                max_pause: attached.options.max_pause,
                scope: Scope::Everything,
                limits: Limits::default(),
            },
        };
        self.poll_due = None;
        let cancel = Cancel::default();
        self.begin_progress(&format!("Looking at process {pid}"), cancel.clone());
        self.submit(move |inspection| {
            // A frozen process has to run, so that the samples show whether it moves.
            inspection.release();
            let sampled = guarded(|| {
                let found = capture.kept(freeze, &|| !cancel.is_cancelled())?;
                let Inspected {
                    process,
                    kept,
                    first,
                } = found.ok_or_else(Failure::cancelled)?;
                let frozen = kept.is_frozen();
                inspection.retain(kept);
                Ok(Sampled {
                    process,
                    first,
                    frozen,
                })
            });
            move |session: &mut Session| session.sampled(attach, sampled)
        });
    }

    /// The snapshot was taken, or failed.
    fn sampled(&mut self, attach: Option<Reply>, sampled: Result<Sampled, Failure>) {
        self.end_progress();
        if self.is_over() {
            return;
        }
        let Some(attached) = &mut self.attached else {
            return;
        };
        attached.sampling = false;
        let failure = match sampled {
            Ok(sampled) => {
                self.show(sampled);
                if let Some(reply) = &attach {
                    self.stage = Stage::Attached;
                    self.reply(reply, Ok(None));
                }
                let wait = match self.configured {
                    true => Duration::ZERO,
                    false => CONFIGURATION_TIME,
                };
                let looks = self.attached.as_mut().and_then(|it| it.looks.as_mut());
                let reason = looks.map_or(StopReason::NewSample, Looks::reason);
                self.stop_due = Some((Instant::now() + wait, reason));
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

    /// Makes a snapshot the one that the client sees.
    pub(crate) fn show(&mut self, sampled: Sampled) {
        let Sampled {
            process,
            first,
            frozen,
        } = sampled;
        let now = Instant::now();
        self.frames.clear();
        let Some(attached) = &mut self.attached else {
            return;
        };
        if let Some((at, first)) = &first {
            attached.wait_durations.note(first, *at);
        }
        attached.wait_durations.note(&process, now);
        let view = View::new(process);
        let options = &attached.options.list;
        let selected = attached.selected.and_then(|id| view.actor(id));
        let listing = Listing::new(&view, &mut attached.task_ids, options, selected);
        attached.listed.clone_from(&listing.threads);
        attached.client_view = Some(ClientView {
            view: Arc::new(view),
            listing,
            frozen,
        });
        self.freeze_due = attached
            .options
            .freeze
            .filter(|_| frozen)
            .map(|limit| now + limit);
    }

    /// `configurationDone`: the client may be told of the first stop.
    pub(crate) fn configuration_done(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.configured = true;
        self.reply(reply, Ok(None));
        if let Some((_, reason)) = self.stop_due {
            self.stop_due = Some((Instant::now(), reason));
            self.tick(Instant::now());
        }
        Ok(Answer::Given)
    }

    /// `pause`: takes a new snapshot.
    pub(crate) fn pause(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        if self.attached()?.ended {
            return Err(Failure::too_early("the process has ended"));
        }
        self.reply(reply, Ok(None));
        self.take_sample(None);
        Ok(Answer::Given)
    }

    /// `continue`: drops the snapshot, and lets a frozen process run on.
    pub(crate) fn resume(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.attached()?;
        self.reply(reply, Ok(Some(json!({ "allThreadsContinued": true }))));
        let thread_id = self.drop_snapshot();
        let body = json!({ "threadId": thread_id, "allThreadsContinued": true });
        self.event("continued", Some(body));
        Ok(Answer::Given)
    }

    /// Drops the snapshot, and lets a frozen process run on. Gives the id of the
    /// first thread.
    fn drop_snapshot(&mut self) -> i64 {
        self.frames.clear();
        self.stop_due = None;
        self.freeze_due = None;
        let Some(attached) = &mut self.attached else {
            return 0;
        };
        attached.client_view = None;
        let is_live = attached.source.recording().is_none();
        if attached.options.thread_events && !attached.ended && is_live {
            self.poll_due = Some(Instant::now() + POLL);
        }
        let first = attached.listed.first().map_or(0, |thread| thread.id);
        self.submit(|inspection| {
            inspection.release();
            |_: &mut Session| ()
        });
        first
    }

    /// `disconnect`: ends the session.
    pub(crate) fn disconnect(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.cancel_all();
        if self.attached.is_some() {
            self.drop_snapshot();
        }
        self.reply(reply, Ok(None));
        self.stage = Stage::Over;
        Ok(Answer::Given)
    }

    /// The view, and the thread or task that has this thread id.
    pub(crate) fn view_and_actor(&self, thread_id: i64) -> Result<(Arc<View>, Actor), Failure> {
        let actor = self.actor(thread_id)?;
        Ok((Arc::clone(&self.client_view()?.view), actor))
    }
}
