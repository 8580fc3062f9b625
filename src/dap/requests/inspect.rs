//! `threads`, `stackTrace`, `scopes`, `variables`, `source`, `modules`,
//! `loadedSources`, `exceptionInfo`: what the snapshot holds.

use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::messages::Request;
use crate::dap::protocol::types::{Module, Scope, StackFrame, ValueFormat, Variable};
use crate::dap::session::{Answer, Reply, Session, now};
use crate::dap::values::frame_ids::FrameRef;
use crate::dap::values::nodes::{Detail, Extent};
use crate::dap::values::scopes::ScopeSource;
use crate::dap::values::stack;
use crate::dap::values::stack::Entry;
use crate::dap::values::variables::Page;
use crate::dap::view::{Actor, View};
use crate::model::{ExceptionInfo, Frame};
use crate::plain_text;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StackTraceArguments {
    thread_id: i64,
    start_frame: Option<i64>,
    levels: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopesArguments {
    frame_id: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VariablesArguments {
    variables_reference: i64,
    filter: Option<String>,
    start: Option<i64>,
    count: Option<i64>,
    format: Option<ValueFormat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceArguments {
    source: Option<SourceNamed>,
    source_reference: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceNamed {
    path: Option<String>,
    source_reference: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModulesArguments {
    start_module: Option<usize>,
    module_count: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreadArguments {
    thread_id: i64,
}

impl Session {
    /// `threads`, which never fails: while the process runs it gives the last list.
    pub(crate) fn threads(&self) -> Value {
        let threads = match &self.attached {
            Some(attached) => match &attached.client_view {
                Some(view) => view.listing.threads.as_slice(),
                None => attached.listed.as_slice(),
            },
            None => &[],
        };
        json!({ "threads": threads })
    }

    /// `stackTrace`: the frames of a thread or task.
    pub(crate) fn stack_trace(&mut self, request: &Request) -> Result<Answer, Failure> {
        let arguments: StackTraceArguments = request.arguments()?;
        let (view, actor) = self.view_and_actor(arguments.thread_id)?;
        let mut entries = stack::entries(&view, actor);
        if self.attached()?.options.just_my_code {
            let all = entries.clone();
            entries.retain(|entry| is_own(&view, entry));
            // A stack of library frames only is better than none.
            if entries.is_empty() {
                entries = all;
            }
        }
        let number = |value: Option<i64>| value.and_then(|it| usize::try_from(it).ok());
        let start = number(arguments.start_frame).unwrap_or(0);
        let levels = number(arguments.levels).filter(|levels| *levels > 0);
        let end = levels.map_or(entries.len(), |levels| start.saturating_add(levels));
        let total = entries.len();
        let wanted = entries.into_iter().enumerate().take(end).skip(start);
        let frames: Vec<StackFrame> = wanted
            .map(|(position, entry)| self.stack_frame(&view, actor, position, &entry))
            .collect();
        self.report_changed_files();
        now(&json!({ "stackFrames": frames, "totalFrames": total }))
    }

    fn stack_frame(
        &mut self,
        view: &View,
        actor: Actor,
        position: usize,
        entry: &Entry,
    ) -> StackFrame {
        let first_line = i64::from(self.client.lines_start_at1);
        let first_column = i64::from(self.client.columns_start_at1);
        let of = match entry {
            Entry::Frame(of) => *of,
            Entry::Label(text) => {
                let frame = None;
                return StackFrame {
                    id: self.frames.id(FrameRef {
                        actor,
                        frame,
                        position,
                    }),
                    name: text.clone(),
                    line: 0,
                    column: 0,
                    presentation_hint: Some("label"),
                    ..StackFrame::default()
                };
            }
        };
        let id = self.frames.id(FrameRef {
            actor: of.actor(),
            frame: Some(of),
            position: 0,
        });
        let (Some(frame), Ok(attached)) = (view.frame(of), self.attached()) else {
            return StackFrame {
                id,
                ..StackFrame::default()
            };
        };
        let source = attached.sources.of_frame(frame);
        let line = frame
            .line
            .map_or(0, |line| i64::from(line) - 1 + first_line);
        let column = match source.is_some() && line > 0 {
            true => attached.sources.column(frame, first_column),
            false => 0,
        };
        StackFrame {
            id,
            name: match &frame.error {
                Some(error) => {
                    let text = format!("{} (not all could be read: {error})", stack::name(frame));
                    plain_text::cut(&plain_text::clean(&text), 200).into_owned()
                }
                None => stack::name(frame),
            },
            module_id: source
                .as_ref()
                .map(|source| module_id(frame, source.path.as_deref())),
            source,
            line,
            column,
            presentation_hint: frame.library.then_some("subtle"),
        }
    }

    /// Says which files were changed after the process started, each once.
    fn report_changed_files(&mut self) {
        let Ok(attached) = self.attached() else {
            return;
        };
        for file in attached.sources.take_changed() {
            self.say(&format!(
                "{} was changed after the process started: its lines may not fit",
                plain_text::clean(&file)
            ));
        }
    }

    /// The frame with this id, and the view that it is in.
    pub(crate) fn frame(&self, id: i64) -> Result<(Arc<View>, FrameRef), Failure> {
        let view = Arc::clone(&self.client_view()?.view);
        let frame = self.frames.get(id).ok_or_else(|| Failure::stale("frame"))?;
        Ok((view, frame))
    }

    /// `scopes`: the groups of variables of a frame.
    pub(crate) fn scopes(&mut self, request: &Request, reply: &Reply) -> Result<Answer, Failure> {
        let arguments: ScopesArguments = request.arguments()?;
        let (view, frame) = self.frame(arguments.frame_id)?;
        let since = match frame.actor {
            Actor::Task(index) => {
                let durations = &self.attached()?.wait_durations;
                durations.describe(view.task(index).id, Instant::now())
            }
            Actor::Thread(_) => None,
        };
        let source = ScopeSource::new(&view, frame.actor, frame.frame, since);
        Ok(self.work(
            reply,
            move |inspection, _| Ok(inspection.scopes(source)),
            |_, scopes: Vec<Scope>| Ok(Some(json!({ "scopes": scopes }))),
        ))
    }

    /// `variables`: the rows behind a reference.
    pub(crate) fn variables(
        &mut self,
        request: &Request,
        reply: &Reply,
    ) -> Result<Answer, Failure> {
        let arguments: VariablesArguments = request.arguments()?;
        self.client_view()?;
        let page = Page::new(
            arguments.filter.as_deref(),
            arguments.start,
            arguments.count,
        );
        let detail = Detail {
            extent: match arguments.format {
                Some(_) => Extent::Full,
                None => Extent::Row,
            },
            hex: arguments.format.is_some_and(|format| format.hex),
        };
        let reference = arguments.variables_reference;
        Ok(self.work(
            reply,
            move |inspection, _| inspection.variables(reference, page, detail),
            |session, mut rows: Vec<Variable>| {
                if !session.client.supports_variable_type {
                    rows.iter_mut().for_each(|row| row.type_name = None);
                }
                Ok(Some(json!({ "variables": rows })))
            },
        ))
    }

    /// `source`: the text of a file that the client cannot read.
    pub(crate) fn source(&mut self, request: &Request) -> Result<Answer, Failure> {
        let arguments: SourceArguments = request.arguments()?;
        let named = arguments.source.as_ref();
        let reference = named
            .and_then(|source| source.source_reference)
            .or(arguments.source_reference)
            .unwrap_or(0);
        let path = named.and_then(|source| source.path.as_deref());
        let content = self.attached()?.sources.content(reference, path)?;
        now(&json!({ "content": content, "mimeType": "text/x-python" }))
    }

    /// `loadedSources`: the files that frames are in.
    pub(crate) fn loaded_sources(&mut self) -> Result<Answer, Failure> {
        let view = Arc::clone(&self.client_view()?.view);
        let sources = self.attached()?.sources.loaded(&view.process);
        now(&json!({ "sources": sources }))
    }

    /// `modules`: the modules that frames are in.
    pub(crate) fn modules(&mut self, request: &Request) -> Result<Answer, Failure> {
        let arguments: ModulesArguments = request.arguments()?;
        let view = Arc::clone(&self.client_view()?.view);
        let attached = self.attached()?;
        let mut modules: Vec<Module> = Vec::new();
        for frame in view.process.frames() {
            let Some(file) = frame.file.as_deref() else {
                continue;
            };
            let path = attached.sources.of_file(file).path;
            modules.push(Module {
                id: module_id(frame, path.as_deref()),
                name: module_name(file),
                path,
                is_user_code: !frame.library,
            });
        }
        modules.sort_by(|a, b| a.id.cmp(&b.id));
        modules.dedup_by(|a, b| a.id == b.id);
        let total = modules.len();
        let start = arguments.start_module.unwrap_or(0);
        let count = arguments
            .module_count
            .filter(|count| *count > 0)
            .unwrap_or(total);
        let page: Vec<Module> = modules.into_iter().skip(start).take(count).collect();
        now(&json!({ "modules": page, "totalModules": total }))
    }

    /// `exceptionInfo`: the exception that a task ended with.
    pub(crate) fn exception_info(&mut self, request: &Request) -> Result<Answer, Failure> {
        let arguments: ThreadArguments = request.arguments()?;
        let (view, actor) = self.view_and_actor(arguments.thread_id)?;
        let exception = match actor {
            Actor::Task(index) => view.task(index).exception.as_ref(),
            Actor::Thread(_) => None,
        };
        let Some(exception) = exception else {
            return Err(Failure::lost(
                "this thread or task has not ended with an exception",
            ));
        };
        let trace = exception.frames.iter().rev().map(trace_line);
        let name = exception.type_name.rsplit('.').next().unwrap_or_default();
        now(&json!({
            "exceptionId": exception.type_name,
            "description": description(exception),
            "breakMode": "never",
            "details": {
                "message": exception.message,
                "typeName": name,
                "fullTypeName": exception.type_name,
                "stackTrace": trace.collect::<String>(),
            },
        }))
    }
}

fn description(exception: &ExceptionInfo) -> String {
    match exception.retrieved {
        true => exception.message.clone(),
        false => format!("{} (nobody has retrieved it)", exception.message),
    }
}

fn trace_line(frame: &Frame) -> String {
    let file = frame.file.as_deref().unwrap_or("?");
    let line = frame.line.unwrap_or(0);
    format!("  File \"{file}\", line {line}, in {}\n", frame.function)
}

fn is_own(view: &View, entry: &Entry) -> bool {
    match entry {
        Entry::Label(_) => true,
        Entry::Frame(of) => view.frame(*of).is_some_and(|frame| !frame.library),
    }
}

fn module_id(frame: &Frame, path: Option<&str>) -> String {
    let file = path.or(frame.file.as_deref());
    file.unwrap_or(&frame.function).to_owned()
}

/// The name of the module in a file: `app` for `app.py`; a package has the name of
/// its folder.
fn module_name(file: &str) -> String {
    let mut parts = file.rsplit('/');
    let base = parts.next().unwrap_or(file);
    match base.strip_suffix(".py") {
        Some("__init__") => parts.next().unwrap_or(base).to_owned(),
        Some(name) => name.to_owned(),
        None => base.to_owned(),
    }
}
