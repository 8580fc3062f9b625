//! What happens without a request: what is due, tasks that come and go, the
//! end of the process.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Session, Stage, guarded};
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::Thread;
use crate::dap::threads::Listing;
use crate::dap::view::View;
use crate::limits::Limits;
use crate::model::{Process, TaskState};
use crate::sampling::take::take_process;
use crate::snapshot::options::{Scope, TakeOptions};

/// How often tasks are compared while the process runs, where that is wanted.
pub(crate) const POLL: Duration = Duration::from_secs(1);

impl Session {
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
        [stop, self.freeze_due, self.poll_due]
            .into_iter()
            .flatten()
            .min()
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
        let Some(attached) = self
            .attached
            .as_ref()
            .filter(|it| it.seen.is_none() && !it.looking)
        else {
            return;
        };
        let pid = attached.options.pid;
        let options = TakeOptions {
            locals: false,
            no_pause: true,
            max_pause: attached.options.max_pause,
            scope: Scope::Movement,
            limits: Limits::default(),
        };
        self.submit(move |_| {
            let seen = guarded(|| Ok(take_process(pid, &options)?));
            move |session: &mut Session| session.polled(seen)
        });
    }

    fn polled(&mut self, seen: Result<Process, Failure>) {
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
        let has = |list: &[Thread], id| list.iter().any(|thread| thread.id == id);
        for thread in now.iter().filter(|thread| !has(&before, thread.id)) {
            let body = json!({ "reason": "started", "threadId": thread.id });
            self.event("thread", Some(body));
        }
        for thread in before.iter().filter(|thread| !has(&now, thread.id)) {
            let body = json!({ "reason": "exited", "threadId": thread.id });
            self.event("thread", Some(body));
        }
    }
}
