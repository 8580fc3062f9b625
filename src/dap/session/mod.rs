//! The state of one session, and which method answers which request.
//!
//! A session belongs to one thread. It takes messages, makes messages, and gives
//! work that could take long to a [`Worker`], whose results come back to it as
//! closures. It starts no thread and does no input or output itself.

pub mod events;
pub mod jobs;
pub mod options;
pub mod timing;
pub mod wait_durations;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde_json::Value;

use self::jobs::{Cancel, Worker};
use self::options::{Client, Options, Rules};
use self::wait_durations::WaitDurations;
use super::protocol::failure::Failure;
use super::protocol::messages::{Event, Outgoing, Request, Response};
use super::protocol::types::Capabilities;
use super::requests::looks::{Looks, Step};
use super::requests::sources::SourceFiles;
use super::threads::{Listing, TaskIds};
use super::values::frame_ids::FrameTable;
use super::values::opened_process::OpenedProcess;
use super::view::{Actor, View};
use crate::inspect::Source;
use crate::model::ItemId;

/// The stage that the session is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Only `initialize`, `disconnect` and `cancel` are served.
    New,
    Initialized,
    /// The first snapshot is being taken.
    Attaching,
    Attached,
    /// The client has disconnected.
    Over,
}

/// The request that a response answers.
#[derive(Debug, Clone)]
pub struct Reply {
    seq: i64,
    command: String,
}

/// The process of the session.
pub struct Attached {
    pub options: Options,
    pub source: Source,
    pub sources: SourceFiles,
    pub task_ids: TaskIds,
    pub wait_durations: WaitDurations,
    /// The snapshot; `None` while the process runs on.
    pub client_view: Option<ClientView>,
    /// The looks of a recording over time; `None` for a process or a capture.
    pub looks: Option<Looks>,
    /// The last list of threads, for clients that ask while the process runs.
    pub listed: Vec<super::protocol::types::Thread>,
    /// The thread or task that the client selected.
    pub selected: Option<ItemId>,
    /// Whether a snapshot is being taken.
    pub sampling: bool,
    /// Whether the client was told that the process has ended.
    pub ended: bool,
}

/// A snapshot as the client sees it, from one stop to the next `continue`.
pub struct ClientView {
    pub view: Arc<View>,
    pub listing: Listing,
    /// Whether the process stands still.
    pub frozen: bool,
}

/// Why the client is told that the process stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// There is a new snapshot: the client shows what the findings name first.
    NewSample,
    /// The client went to another look of a recording: it goes on with what it had selected.
    Stepped,
    /// The client selected a thread or task.
    Selected,
}

/// One client's session.
pub struct Session {
    pub(super) stage: Stage,
    pub(super) client: Client,
    pub(super) attached: Option<Attached>,
    pub(super) frames: FrameTable,
    pub(super) rules: Rules,
    pub(super) configured: bool,
    /// A stop that the client is told of when it is configured, at this time at
    /// the latest.
    pub(super) stop_due: Option<(Instant, StopReason)>,
    /// When a frozen process is let go.
    pub(super) freeze_due: Option<Instant>,
    /// When tasks are compared next, to tell the client which came and went.
    pub(super) poll_due: Option<Instant>,
    worker: Box<dyn Worker<Self>>,
    pending: FxHashMap<i64, Cancel>,
    pub(super) progress: Option<(String, Cancel)>,
    seq: i64,
    out: Vec<Vec<u8>>,
}

impl Session {
    /// A session before the first message.
    pub fn new(rules: Rules, worker: Box<dyn Worker<Self>>) -> Self {
        Self {
            stage: Stage::New,
            client: Client::default(),
            attached: None,
            frames: FrameTable::default(),
            rules,
            configured: false,
            stop_due: None,
            freeze_due: None,
            poll_due: None,
            worker,
            pending: FxHashMap::default(),
            progress: None,
            seq: 0,
            out: Vec::new(),
        }
    }

    /// Handles one message of the client.
    pub fn receive(&mut self, body: &[u8]) {
        match Request::parse(body) {
            Ok(request) => self.serve(&request),
            Err((seq, failure)) => {
                let reply = Reply {
                    seq,
                    command: String::new(),
                };
                self.reply(&reply, Err(failure));
            }
        }
    }

    /// The messages for the client since the last call, oldest first.
    pub fn take_output(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.out)
    }

    /// Whether the client has disconnected.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The process that the session is attached to; `None` for captures.
    pub fn pid(&self) -> Option<u32> {
        let attached = self.attached.as_ref()?;
        let is_live = attached.source.recording().is_none();
        is_live.then_some(attached.options.pid)
    }

    fn serve(&mut self, request: &Request) {
        let reply = Reply {
            seq: request.seq,
            command: request.command.clone(),
        };
        if !request.arguments.is_object() {
            let text = "the `arguments` of a request must be an object";
            return self.reply(&reply, Err(Failure::malformed(text)));
        }
        let early = match (self.stage, request.command.as_str()) {
            (Stage::Over, _) => Some("the session is over: the client has disconnected"),
            (Stage::New, "initialize" | "disconnect" | "cancel") => None,
            (Stage::New, _) => Some("the first request must be `initialize`"),
            (_, "initialize") => Some("`initialize` was served already"),
            _ => None,
        };
        if let Some(text) = early {
            return self.reply(&reply, Err(Failure::too_early(text)));
        }
        match self.dispatch(request, &reply) {
            Ok(Answer::Now(body)) => self.reply(&reply, Ok(body)),
            Ok(Answer::Later | Answer::Given) => {}
            Err(failure) => self.reply(&reply, Err(failure)),
        }
    }

    fn dispatch(&mut self, request: &Request, reply: &Reply) -> Result<Answer, Failure> {
        match request.command.as_str() {
            "initialize" => {
                self.client = request.arguments()?;
                self.stage = Stage::Initialized;
                now(&Capabilities::all())
            }
            "attach" => self.attach(request, reply),
            // Our command line names the process.
            "launch" if self.rules.names_target() => self.attach(request, reply),
            "configurationDone" => self.configuration_done(reply),
            "disconnect" => self.disconnect(reply),
            "cancel" => self.cancel(request),
            "pause" => self.pause(reply),
            "continue" => self.step(Step::Continue, request, reply),
            "next" => self.step(Step::Next, request, reply),
            "stepBack" => self.step(Step::Back, request, reply),
            "reverseContinue" => self.step(Step::ReverseContinue, request, reply),
            "threads" => now(&self.threads()),
            "stackTrace" => self.stack_trace(request),
            "source" => self.source(request),
            "scopes" => self.scopes(request, reply),
            "variables" => self.variables(request, reply),
            "evaluate" => self.evaluate(request, reply),
            "completions" => self.completions(request, reply),
            "exceptionInfo" => self.exception_info(request),
            "modules" => self.modules(request),
            "loadedSources" => self.loaded_sources(),
            "dapper/tasks" => self.custom_tasks(request),
            "dapper/graph" => self.custom_graph(),
            "dapper/report" => self.custom_report(request),
            "dapper/select" => self.custom_select(request, reply),
            other => {
                super::protocol::unsupported::answer(other, &request.arguments).map(Answer::Now)
            }
        }
    }

    /// Answers a request.
    pub(super) fn reply(&mut self, reply: &Reply, answer: Result<Option<Value>, Failure>) {
        self.pending.remove(&reply.seq);
        self.seq += 1;
        let (success, message, body) = match answer {
            Ok(body) => (true, None, body),
            Err(failure) => (false, Some(failure.text.clone()), Some(failure.body())),
        };
        let response = Response {
            seq: self.seq,
            request_seq: reply.seq,
            success,
            command: reply.command.clone(),
            message,
            body,
        };
        self.send(&Outgoing::Response(response));
    }

    /// Sends an event to the client.
    pub(super) fn event(&mut self, event: &'static str, body: Option<Value>) {
        self.seq += 1;
        let event = Event {
            seq: self.seq,
            event,
            body,
        };
        self.send(&Outgoing::Event(event));
    }

    /// Writes into the client's console.
    pub(super) fn say(&mut self, text: &str) {
        let body = serde_json::json!({ "category": "console", "output": format!("{text}\n") });
        self.event("output", Some(body));
    }

    fn send(&mut self, message: &Outgoing) {
        // Serialising fails for keys that are no text, which no message has.
        if let Ok(body) = serde_json::to_vec(message) {
            self.out.push(body);
        }
    }

    /// Gives work to the worker. Its result goes to `then`, unless the client has
    /// cancelled the request or disconnected.
    pub(super) fn work<T: Send + 'static>(
        &mut self,
        reply: &Reply,
        work: impl FnOnce(&mut OpenedProcess, &Cancel) -> Result<T, Failure> + Send + 'static,
        then: impl FnOnce(&mut Session, T) -> Result<Option<Value>, Failure> + Send + 'static,
    ) -> Answer {
        let cancel = Cancel::default();
        self.pending.insert(reply.seq, cancel.clone());
        let reply = reply.clone();
        self.submit(move |inspection| {
            let done = match cancel.is_cancelled() {
                true => Err(Failure::cancelled()),
                false => guarded(|| work(inspection, &cancel)),
            };
            move |session: &mut Session| {
                if session.is_over() {
                    return;
                }
                let answer = match (cancel.is_cancelled(), done) {
                    (true, _) => Err(Failure::cancelled()),
                    (false, Ok(found)) => then(session, found),
                    (false, Err(failure)) => Err(failure),
                };
                session.reply(&reply, answer);
            }
        });
        Answer::Later
    }

    /// Gives work to the worker that answers no request.
    pub(super) fn submit<D>(&mut self, job: impl FnOnce(&mut OpenedProcess) -> D + Send + 'static)
    where
        D: FnOnce(&mut Session) + Send + 'static,
    {
        self.worker
            .submit(Box::new(move |inspection| Box::new(job(inspection))));
    }

    /// Cancels all work that is not done yet.
    pub(super) fn cancel_all(&mut self) {
        for cancel in self.pending.values() {
            cancel.cancel();
        }
        if let Some((_, cancel)) = &self.progress {
            cancel.cancel();
        }
    }

    fn cancel(&mut self, request: &Request) -> Result<Answer, Failure> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Arguments {
            request_id: Option<i64>,
            progress_id: Option<String>,
        }
        let arguments: Arguments = request.arguments()?;
        let pending = arguments.request_id.and_then(|id| self.pending.get(&id));
        if let Some(cancel) = pending {
            cancel.cancel();
        }
        if let Some((id, cancel)) = &self.progress
            && arguments.progress_id.as_ref() == Some(id)
        {
            cancel.cancel();
        }
        Ok(Answer::Now(None))
    }

    /// The process, or why there is none.
    pub(super) fn attached(&mut self) -> Result<&mut Attached, Failure> {
        match &mut self.attached {
            Some(attached) => Ok(attached),
            None => Err(Failure::too_early(
                "no process is attached to yet: send `attach`",
            )),
        }
    }

    /// The snapshot that the client sees, or that the process runs.
    pub(super) fn client_view(&self) -> Result<&ClientView, Failure> {
        match &self.attached {
            Some(attached) => attached.client_view.as_ref().ok_or_else(Failure::running),
            None => Err(Failure::too_early(
                "no process is attached to yet: send `attach`",
            )),
        }
    }

    /// The thread or task with this thread id.
    pub(super) fn actor(&self, thread_id: i64) -> Result<Actor, Failure> {
        let actor = self.client_view()?.listing.actor(thread_id);
        actor.ok_or_else(|| Failure::stale("thread"))
    }
}

/// Runs work. A panic in it becomes a failure, so that neither the worker nor the
/// session ends.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Failure::internal()))
}

/// How a request was served.
#[derive(Debug)]
pub enum Answer {
    Now(Option<Value>),
    /// A job will answer it.
    Later,
    /// It was answered already.
    Given,
}

/// An answer with a body.
pub(super) fn now(body: &impl Serialize) -> Result<Answer, Failure> {
    Ok(Answer::Now(Some(to_body(body)?)))
}

/// The body of a response.
pub(super) fn to_body(body: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(body).map_err(|error| Failure::malformed(error.to_string()))
}
