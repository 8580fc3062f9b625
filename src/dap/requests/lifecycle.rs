//! Attaching, pausing, going on, leaving: when snapshots are taken.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::sources::SourceFiles;
use crate::capture;
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::messages::Request;
use crate::dap::session::jobs::Cancel;
use crate::dap::session::options::{AttachArguments, Options};
use crate::dap::session::timing::POLL;
use crate::dap::session::wait_durations::Since;
use crate::dap::session::{Answer, Attached, Reply, Seen, Session, Stage, guarded};
use crate::dap::threads::{Identities, Listing};
use crate::dap::view::{Actor, View};
use crate::inspect::Source;
use crate::inspect::inspection::{Capture, Looked};
use crate::limits::Limits;
use crate::model::Process;
use crate::process::command_line;
use crate::sampling::count::{Counts, count};
use crate::snapshot::options::{Scope, TakeOptions};

/// Looks that a verdict is made from, and the time between them.
const SAMPLES: u32 = 2;
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a stop waits for `configurationDone`. Clients send it at once;
/// some never do.
const CONFIGURATION: Duration = Duration::from_secs(2);

/// Why the client is told that the process stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Show the one who is to be looked at first.
    Looked,
    /// Show the one that was selected.
    Selected,
}

/// What a look found, as it comes from the worker.
pub(crate) struct Found {
    pub(crate) process: Process,
    /// An earlier sample, and when it was taken.
    pub(crate) first: Option<(Instant, Process)>,
    pub(crate) frozen: bool,
}

/// What is to be looked at, as it comes from the worker.
struct Begun {
    source: Source,
    pid: u32,
    command: Vec<String>,
    counts: Counts,
}

impl Begun {
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
            });
        };
        let unreadable =
            |what: String| Failure::options(format!("`capture`: {} {what}", path.display()));
        let recording = (capture::read_file(path))
            .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        let process = recording.first();
        let process = process.ok_or_else(|| unreadable("holds no process".into()))?;
        Ok(Self {
            pid: process.pid(),
            command: process.facts.command.clone(),
            counts: process.count(&limits)?,
            source: Source::Recorded(Arc::new(recording)),
        })
    }
}

impl Session {
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
            let found = guarded(|| Begun::of(&options));
            move |session: &mut Session| session.found(&reply, options, found)
        });
        Ok(Answer::Later)
    }

    /// The process is there and can be read: the first look may begin.
    fn found(&mut self, reply: &Reply, mut options: Options, found: Result<Begun, Failure>) {
        if self.is_over() {
            return;
        }
        let Begun {
            source,
            pid,
            command,
            counts,
        } = match found {
            Ok(begun) => begun,
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
        let state = match source.recording() {
            None => "read-only, it runs on".to_owned(),
            Some(recording) => format!("captured at {}: nothing runs", recording.taken_at),
        };
        self.attached = Some(Attached {
            sources: SourceFiles::new(&source, pid, options.path_mappings.clone()),
            options,
            source,
            identities: Identities::default(),
            since: Since::default(),
            seen: None,
            listed: Vec::new(),
            selected: None,
            looking: false,
            ended: false,
        });
        self.event("initialized", None);
        self.event("process", Some(process));
        let count = counts.tasks;
        let version = &counts.python.version;
        self.say(&format!(
            "dapper-attach: process {pid}, CPython {version}, {count} tasks; {state}"
        ));
        self.look(Some(reply.clone()));
    }

    /// Takes a snapshot; `attach` is answered when it is there.
    pub(crate) fn look(&mut self, attach: Option<Reply>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        if std::mem::replace(&mut attached.looking, true) {
            return;
        }
        let pid = attached.options.pid;
        let freeze = attached.options.freeze;
        let source = attached.source.clone();
        let recording = source.recording();
        let capture = Capture {
            pid,
            children: false,
            samples: recording.map_or(SAMPLES, |recording| recording.samples()),
            interval: recording.map_or(INTERVAL, |recording| recording.interval()),
            source,
            options: TakeOptions {
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
        self.submit(move |bench| {
            // What stood still until now must be seen to move, or not.
            bench.drop_kept();
            let looked = guarded(|| {
                let found = capture.kept(freeze, &|| !cancel.is_cancelled())?;
                let Looked {
                    process,
                    kept,
                    first,
                } = found.ok_or_else(Failure::cancelled)?;
                let frozen = kept.is_frozen();
                bench.keep(kept);
                Ok(Found {
                    process,
                    first,
                    frozen,
                })
            });
            move |session: &mut Session| session.looked(attach, looked)
        });
    }

    fn looked(&mut self, attach: Option<Reply>, looked: Result<Found, Failure>) {
        self.end_progress();
        if self.is_over() {
            return;
        }
        let Some(attached) = &mut self.attached else {
            return;
        };
        attached.looking = false;
        let failure = match looked {
            Ok(found) => {
                self.see(found);
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
    pub(crate) fn see(&mut self, found: Found) {
        let Found {
            process,
            first,
            frozen,
        } = found;
        let now = Instant::now();
        self.frames.clear();
        let Some(attached) = &mut self.attached else {
            return;
        };
        if let Some((at, first)) = &first {
            attached.since.note(first, *at);
        }
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
        self.freeze_due = attached
            .options
            .freeze
            .filter(|_| frozen)
            .map(|limit| now + limit);
    }

    pub(crate) fn configuration_done(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.configured = true;
        self.reply(reply, Ok(None));
        if let Some((_, reason)) = self.stop_due {
            self.stop_due = Some((Instant::now(), reason));
            self.tick(Instant::now());
        }
        Ok(Answer::Given)
    }

    pub(crate) fn pause(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        if self.attached()?.ended {
            return Err(Failure::too_early("the process has ended"));
        }
        self.reply(reply, Ok(None));
        self.look(None);
        Ok(Answer::Given)
    }

    pub(crate) fn go_on(&mut self, reply: &Reply) -> Result<Answer, Failure> {
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
        let is_live = attached.source.recording().is_none();
        if attached.options.thread_events && !attached.ended && is_live {
            self.poll_due = Some(Instant::now() + POLL);
        }
        let first = attached.listed.first().map_or(0, |thread| thread.id);
        self.submit(|bench| {
            bench.drop_kept();
            |_: &mut Session| ()
        });
        first
    }

    pub(crate) fn disconnect(&mut self, reply: &Reply) -> Result<Answer, Failure> {
        self.cancel_all();
        if self.attached.is_some() {
            self.drop_snapshot();
        }
        self.reply(reply, Ok(None));
        self.stage = Stage::Over;
        Ok(Answer::Given)
    }

    /// The view, with who has this thread id in it.
    pub(crate) fn view_and_actor(&self, thread_id: i64) -> Result<(Arc<View>, Actor), Failure> {
        let actor = self.actor(thread_id)?;
        Ok((Arc::clone(&self.seen()?.view), actor))
    }
}
