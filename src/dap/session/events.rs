//! Events to the client: stops with the verdict, new lists, progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::jobs::Cancel;
use super::{Session, StopReason};
use crate::dap::requests::looks::Looks;
use crate::dap::threads::Listing;
use crate::plain_text;

impl Session {
    /// Tells the client that there is a snapshot to look at.
    pub(crate) fn stopped(&mut self, reason: StopReason) {
        let Some((attached, shown)) = self
            .attached
            .as_ref()
            .and_then(|attached| Some((attached, attached.client_view.as_ref()?)))
        else {
            return;
        };
        let view = &shown.view;
        let selected = attached.selected.and_then(|id| view.actor(id));
        let first = match reason {
            StopReason::Selected | StopReason::Stepped => selected.or_else(|| view.first_shown()),
            StopReason::NewSample => view.first_shown(),
        };
        let thread_id = first.and_then(|actor| shown.listing.id(actor, view));
        let mut body = json!({
            "reason": match reason {
                StopReason::Stepped => "step",
                StopReason::NewSample | StopReason::Selected => "pause",
            },
            "description": view.summary(),
            "text": view.summary(),
            "allThreadsStopped": true,
        });
        if let Some(id) = thread_id {
            body["threadId"] = id.into();
        }
        if reason != StopReason::Selected {
            self.say_place();
            self.say_verdict();
        }
        self.event("stopped", Some(body));
    }

    /// Renews the list of threads after an option was changed, and tells the client.
    pub(crate) fn relist_and_tell(&mut self) {
        self.relist();
        let shown = self.client_view().ok();
        let note = shown.and_then(|shown| shown.listing.note.clone());
        if let Some(note) = note {
            self.say(&note);
        }
        match self.client.supports_invalidated_event {
            true => self.event("invalidated", Some(json!({ "areas": ["all"] }))),
            false => self.stopped(StopReason::Selected),
        }
    }

    /// Renews the list of threads.
    pub(crate) fn relist(&mut self) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        let Some(shown) = &mut attached.client_view else {
            return;
        };
        let selected = attached.selected.and_then(|id| shown.view.actor(id));
        let options = &attached.options.list;
        shown.listing = Listing::new(&shown.view, &mut attached.task_ids, options, selected);
        attached.listed.clone_from(&shown.listing.threads);
    }

    /// Says which look of a recording it is.
    fn say_place(&mut self) {
        let looks = self.attached.as_ref().and_then(|it| it.looks.as_ref());
        if let Some(place) = looks.map(Looks::place) {
            self.say(&place);
        }
    }

    fn say_verdict(&mut self) {
        let Ok(shown) = self.client_view() else {
            return;
        };
        let (view, note) = (Arc::clone(&shown.view), shown.listing.note.clone());
        let process = &view.process;
        let mut lines = Vec::new();
        if let Some(verdict) = &process.verdict {
            let state = verdict.state.as_str().to_uppercase();
            lines.push(format!(
                "{state}: {} ({})",
                verdict.summary, verdict.confidence
            ));
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
        lines.extend(
            process
                .errors
                .iter()
                .map(|error| format!("not all was read: {error}")),
        );
        lines.extend(note);
        for line in lines {
            self.say(&plain_text::clean(&line));
        }
    }

    /// Tells the client that work has begun that it may cancel.
    pub(crate) fn begin_progress(&mut self, title: &str, cancel: Cancel) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let id = format!("look-{number}");
        if self.client.supports_progress_reporting {
            let body = json!({ "progressId": id, "title": title, "cancellable": true });
            self.event("progressStart", Some(body));
        }
        self.progress = Some((id, cancel));
    }

    /// Tells the client that this work has ended.
    pub(crate) fn end_progress(&mut self) {
        let Some((id, _)) = self.progress.take() else {
            return;
        };
        if self.client.supports_progress_reporting && !self.is_over() {
            self.event("progressEnd", Some(json!({ "progressId": id })));
        }
    }
}
