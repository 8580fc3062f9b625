//! What happens without a request: delayed events, tasks that come and go, the end
//! of the process.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Session, Stage, guarded};
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::Thread;
use crate::dap::threads::Listing;
use crate::dap::view::View;
use crate::inspect::{SampleOptions, Scope};
use crate::limits::Limits;
use crate::model::{Process, TaskState};
use crate::sampling::sample::sample_process;

/// The time between two comparisons of tasks while the process runs.
pub(crate) const POLL: Duration = Duration::from_secs(1);

impl Session {
    /// The process has ended. `status` is `None` where only its parent learns it.
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

    /// Lets the process run on after the maximum time of a freeze.
    fn thaw(&mut self) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        let Some(shown) = &mut attached.client_view else {
            return;
        };
        shown.frozen = false;
        let seconds = attached.options.freeze.unwrap_or_default().as_secs_f64();
        self.submit(|inspection| {
            inspection.thaw();
            |_: &mut Session| ()
        });
        self.say(&format!(
            "the process was let go after {seconds} s (`maxFreezeSeconds`); what you see is how it stood then"
        ));
    }

    /// Samples the running process, to find which tasks came and went.
    fn poll(&mut self) {
        let Some(attached) = self
            .attached
            .as_ref()
            .filter(|it| it.client_view.is_none() && !it.sampling)
        else {
            return;
        };
        let pid = attached.options.pid;
        let options = SampleOptions {
            locals: false,
            no_pause: true,
            max_pause: attached.options.max_pause,
            scope: Scope::Movement,
            limits: Limits::default(),
        };
        self.submit(move |_| {
            let process = guarded(|| Ok(sample_process(pid, &options)?));
            move |session: &mut Session| session.polled(process)
        });
    }

    fn polled(&mut self, process: Result<Process, Failure>) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        if attached.client_view.is_some() || attached.sampling || attached.ended {
            return;
        }
        self.poll_due = Some(Instant::now() + POLL);
        let Ok(mut process) = process else { return };
        process.tasks.retain(|task| task.state != TaskState::Done);
        let view = View::new(process);
        let options = &attached.options.list;
        let listing = Listing::new(&view, &mut attached.task_ids, options, None);
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
