//! What the client is told: that there is something to look at, the verdict,
//! new lists, progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::Session;
use super::jobs::Cancel;
use crate::dap::requests::lifecycle::Reason;
use crate::dap::threads::Listing;
use crate::plain_text;

impl Session {
    /// Tells the client that there is something to look at.
    pub(crate) fn stopped(&mut self, reason: Reason) {
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

    /// Lists anew, and tells the client.
    pub(crate) fn list_again(&mut self) {
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
    pub(crate) fn relist(&mut self) {
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

    pub(crate) fn end_progress(&mut self) {
        let Some((id, _)) = self.progress.take() else {
            return;
        };
        if self.client.supports_progress_reporting && !self.is_over() {
            self.event("progressEnd", Some(json!({ "progressId": id })));
        }
    }
}
