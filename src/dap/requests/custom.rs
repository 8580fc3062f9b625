//! Requests that only our own extension makes: `dapper/…`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::console::report;
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::messages::Request;
use crate::dap::session::{Answer, Reply, Session, StopReason, now};
use crate::dap::values::scopes::summary;
use crate::dap::view::{Actor, View};
use crate::model::{Frame, ItemId};
use crate::report::{Choice, dot, select};

#[derive(Debug, Deserialize)]
struct TasksArguments {
    filter: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chosen {
    thread_id: Option<i64>,
    id: Option<String>,
}

impl Session {
    /// `dapper/tasks`: tasks, threads and resources, and who waits for whom.
    pub(crate) fn custom_tasks(&mut self, request: &Request) -> Result<Answer, Failure> {
        let arguments: TasksArguments = request.arguments()?;
        let view = Arc::clone(&self.client_view()?.view);
        let all = view.process.tasks.len();
        let max_tasks = self.attached()?.options.list.max_tasks;
        let filter = arguments
            .filter
            .as_deref()
            .map(str::trim)
            .unwrap_or_default();
        let chosen: Vec<usize> = match filter {
            "" => (0..all).collect(),
            // A filter without a match gives an empty list, not an error.
            pattern => (select::tasks(&view.process, pattern).unwrap_or_default())
                .into_iter()
                .collect(),
        };
        let culprits: Vec<Actor> = view.diagnosed().collect();
        let mut tasks = Vec::new();
        for index in chosen.into_iter().take(max_tasks) {
            let is_culprit = culprits.contains(&Actor::Task(index));
            tasks.push(self.task_entry(&view, index, is_culprit)?);
        }
        let mut threads = Vec::new();
        for index in 0..view.process.threads.len() {
            threads.push(self.thread_entry(&view, index)?);
        }
        let resources = view.process.resources.iter().map(|resource| {
            json!({
                "id": resource.id,
                "name": view.words.label(resource.id),
                "summary": resource.summary,
                "holders": resource.holders,
                "waiters": resource.waiters,
            })
        });
        let mut body = json!({
            "verdict": view.process.verdict,
            "total": all,
            "shown": tasks.len(),
            "tasks": tasks,
            "threads": threads,
            "resources": resources.collect::<Vec<_>>(),
        });
        body["diagnoses"] = self.diagnoses(&view)?;
        now(&body)
    }

    fn task_entry(&mut self, view: &View, index: usize, culprit: bool) -> Result<Value, Failure> {
        let task = view.task(index);
        let top = (task.frames.iter())
            .find(|frame| !frame.library)
            .or(task.frames.first());
        let (path, line) = self.location(top)?;
        let wait = task.waits_for.as_ref();
        Ok(json!({
            "id": task.id,
            "threadId": self.client_view()?.listing.id(Actor::Task(index), view),
            "name": task.name,
            "coroutine": task.coroutine,
            "label": view.words.label(task.id),
            "state": task.state,
            "kind": wait.map(|wait| &wait.kind),
            "summary": summary(view, task),
            "waitsFor": view.needs(task.id),
            "awaitedBy": task.awaited_by,
            "holders": wait.map_or(&[][..], |wait| wait.holders.as_slice()),
            "culprit": culprit,
            "path": path,
            "line": line,
        }))
    }

    fn thread_entry(&mut self, view: &View, index: usize) -> Result<Value, Failure> {
        let thread = view.thread(index);
        let reason = view.words.reason(thread.id);
        Ok(json!({
            "id": thread.id,
            "threadId": self.client_view()?.listing.id(Actor::Thread(index), view),
            "name": thread.name,
            "state": thread.state,
            "summary": reason.map(|reason| format!("waits for {reason}")),
            "waitsFor": view.needs(thread.id),
        }))
    }

    /// Where the client finds the file of the frame, and the line.
    fn location(
        &mut self,
        frame: Option<&Frame>,
    ) -> Result<(Option<String>, Option<u32>), Failure> {
        let file = frame.and_then(|frame| frame.file.as_deref());
        let path = match file {
            Some(file) => self.attached()?.sources.of_file(file).path,
            None => None,
        };
        Ok((path, frame.and_then(|frame| frame.line)))
    }

    fn diagnoses(&mut self, view: &View) -> Result<Value, Failure> {
        let mut found = Vec::new();
        for one in &view.process.diagnoses {
            let ids: Vec<ItemId> = one.tasks.iter().chain(&one.threads).copied().collect();
            let listing = &self.client_view()?.listing;
            let thread_ids: Vec<i64> = (ids.iter())
                .filter_map(|id| listing.id(view.actor(*id)?, view))
                .collect();
            let culprit = match &one.culprit {
                Some(culprit) => {
                    let source = self.attached()?.sources.of_file(&culprit.file);
                    json!({
                        "path": source.path.unwrap_or_else(|| culprit.file.clone()),
                        "line": culprit.line,
                        "function": culprit.function,
                        "text": culprit.text,
                    })
                }
                None => Value::Null,
            };
            found.push(json!({
                "kind": one.kind,
                "summary": one.summary,
                "culprit": culprit,
                "ids": ids,
                "threadIds": thread_ids,
                "hint": one.hint,
                "recoversInSeconds": one.recovers_in_s,
                "confidence": one.confidence,
            }));
        }
        Ok(Value::Array(found))
    }

    /// `dapper/graph`: the wait graph for Graphviz.
    pub(crate) fn custom_graph(&mut self) -> Result<Answer, Failure> {
        let view = Arc::clone(&self.client_view()?.view);
        let mut out = Vec::new();
        dot::write(&mut out, &view.snapshot(), None)
            .map_err(|error| Failure::lost(error.to_string()))?;
        now(&json!({ "dot": String::from_utf8_lossy(&out) }))
    }

    /// `dapper/report`: the report on a thread or task, or on everything.
    pub(crate) fn custom_report(&mut self, request: &Request) -> Result<Answer, Failure> {
        let chosen: Chosen = request.arguments()?;
        let view = Arc::clone(&self.client_view()?.view);
        let choice = match chosen.thread_id {
            None => None,
            Some(id) => Some(match self.actor(id)? {
                Actor::Task(index) => Choice {
                    tasks: [index].into(),
                    ..Choice::default()
                },
                Actor::Thread(index) => Choice {
                    threads: [index].into(),
                    ..Choice::default()
                },
            }),
        };
        now(&json!({ "text": report(&view, choice) }))
    }

    /// `dapper/select`: makes a thread or task the one that the client shows.
    pub(crate) fn custom_select(
        &mut self,
        request: &Request,
        reply: &Reply,
    ) -> Result<Answer, Failure> {
        let chosen: Chosen = request.arguments()?;
        let view = Arc::clone(&self.client_view()?.view);
        let named = chosen.id.and_then(|id| id.parse::<ItemId>().ok());
        let id = match (named, chosen.thread_id) {
            (Some(id), _) if view.actor(id).is_some() => id,
            (_, Some(thread_id)) => view.id(self.actor(thread_id)?),
            _ => return Err(Failure::stale("task")),
        };
        self.attached()?.selected = Some(id);
        self.reply(reply, Ok(None));
        self.relist();
        self.stopped(StopReason::Selected);
        Ok(Answer::Given)
    }
}
