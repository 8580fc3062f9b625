//! `evaluate` and `completions`: expressions on the snapshot.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use super::prefix::prefix;
use crate::cpython::Reader;
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::messages::Request;
use crate::dap::protocol::types::{CompletionItem, Evaluated, ValueFormat};
use crate::dap::session::jobs::Cancel;
use crate::dap::session::{Answer, Reply, Session, to_body};
use crate::dap::values::nodes::{Detail, Extent};
use crate::dap::values::opened_process::OpenedProcess;
use crate::dap::values::variable_row::{Row, operand_row};
use crate::dap::values::variables::frame_at;
use crate::evaluate::{Bounds, Names, Refusal, evaluate};
use crate::model::FrameLocation;
use crate::sampling::retained::Proof;

/// How long an expression may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How long an expression under the mouse may take.
const HOVER_TIME_LIMIT: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EvaluateArguments {
    expression: String,
    frame_id: Option<i64>,
    context: Option<String>,
    format: Option<ValueFormat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompletionsArguments {
    frame_id: Option<i64>,
    text: String,
    column: i64,
    line: Option<i64>,
}

/// An expression, and how its value is shown.
#[derive(Debug, Clone)]
struct Question {
    expression: String,
    /// The frame whose names it sees; `None` for the names of `__main__`.
    place: Option<FrameLocation>,
    detail: Detail,
    deadline: Instant,
}

impl Session {
    /// `evaluate`: the value of an expression, or the answer of a console command.
    pub(crate) fn evaluate(&mut self, request: &Request, reply: &Reply) -> Result<Answer, Failure> {
        let arguments: EvaluateArguments = request.arguments()?;
        let context = arguments.context.as_deref().unwrap_or("repl");
        if let Some(command) = super::console::command(&arguments.expression) {
            self.attached()?;
            let text = self.console(command)?;
            let body = Evaluated {
                result: text,
                ..Evaluated::default()
            };
            return Ok(Answer::Now(Some(to_body(&body)?)));
        }
        let question = Question {
            expression: arguments.expression,
            place: self.place(arguments.frame_id)?,
            detail: Detail {
                extent: match context {
                    "clipboard" => Extent::Full,
                    "repl" => Extent::Console,
                    _ if arguments.format.is_some() => Extent::Full,
                    _ => Extent::Row,
                },
                hex: arguments.format.is_some_and(|format| format.hex),
            },
            deadline: Instant::now()
                + match context {
                    "hover" => HOVER_TIME_LIMIT,
                    _ => TIME_LIMIT,
                },
        };
        Ok(self.work(
            reply,
            move |inspection, cancel| inspection.evaluate(&question, cancel),
            |session, mut found: Evaluated| {
                if !session.client.supports_variable_type {
                    found.type_name = None;
                }
                to_body(&found).map(Some)
            },
        ))
    }

    /// Where the variables of a frame are; `None` if no frame is named. A label
    /// stands for the innermost frame of its task.
    fn place(&self, frame_id: Option<i64>) -> Result<Option<FrameLocation>, Failure> {
        let Some(id) = frame_id else {
            self.client_view()?;
            return Ok(None);
        };
        let (view, frame) = self.frame(id)?;
        let own = frame.frame.and_then(|of| view.frame(of)?.place);
        let first = || {
            let of = |at| view.frame(crate::dap::view::FrameOf::Chain(frame.actor, at));
            let frames = (0..).map_while(of);
            frames.filter_map(|frame| frame.place).next()
        };
        match own.or_else(|| frame.frame.is_none().then(first).flatten()) {
            Some(place) => Ok(Some(place)),
            None => Err(Failure::evaluation(
                "this frame has no variables: it is not a Python frame, or it is only remembered",
            )),
        }
    }

    /// `completions`: how an unfinished expression could go on.
    pub(crate) fn completions(
        &mut self,
        request: &Request,
        reply: &Reply,
    ) -> Result<Answer, Failure> {
        let arguments: CompletionsArguments = request.arguments()?;
        let first = i64::from(self.client.columns_start_at1);
        let line =
            usize::try_from(arguments.line.unwrap_or(first).saturating_sub(first)).unwrap_or(0);
        let text = arguments.text.split('\n').nth(line).unwrap_or_default();
        let units = usize::try_from(arguments.column.saturating_sub(first)).unwrap_or(0);
        let prefix = prefix(text, units);
        let place = self.place(arguments.frame_id)?;
        Ok(self.work(
            reply,
            move |inspection, cancel| inspection.complete(&prefix, place, cancel),
            move |_, mut targets: Vec<CompletionItem>| {
                targets.iter_mut().for_each(|target| target.start += first);
                Ok(Some(json!({ "targets": targets })))
            },
        ))
    }
}

/// The names that code in a frame sees; without a frame, those of `__main__`.
///
/// # Errors
/// When they cannot be read.
pub fn names(
    reader: &Reader<'_>,
    place: Option<FrameLocation>,
    interpreter: Option<u64>,
) -> Result<Names, Refusal> {
    let unreadable = Refusal::Unreadable;
    match (place, interpreter) {
        (Some(place), _) => {
            let frame = frame_at(reader, place).map_err(unreadable)?;
            Names::of_frame(reader, &frame).map_err(unreadable)
        }
        (None, None) => Ok(Names::default()),
        (None, Some(interpreter)) => {
            let globals = main_globals(reader, interpreter).map_err(unreadable)?;
            let builtins = match globals {
                Some(globals) => Names::builtins_of(reader, globals).map_err(unreadable)?,
                None => None,
            };
            Ok(Names {
                locals: Vec::new(),
                globals,
                builtins,
            })
        }
    }
}

fn main_globals(
    reader: &Reader<'_>,
    interpreter: u64,
) -> Result<Option<u64>, crate::cpython::DecodeError> {
    let Some(modules) = reader.sys_modules(interpreter)? else {
        return Ok(None);
    };
    match reader.dict_get(modules, "__main__")? {
        Some(main) => reader.module_dict(main).map(Some),
        None => Ok(None),
    }
}

impl OpenedProcess {
    /// The first interpreter of the process.
    pub(crate) fn interpreter(&self) -> Option<u64> {
        let runtime = self.retained().ok()?.runtime().addr;
        let decode = |reader: &Reader<'_>| {
            let interpreters = reader.interpreters(runtime).ok()?;
            interpreters.first().map(|interpreter| interpreter.addr)
        };
        let (found, _) = self
            .read(&Proof::default(), Detail::default(), decode)
            .ok()?;
        found
    }

    fn evaluate(&mut self, question: &Question, cancel: &Cancel) -> Result<Evaluated, Failure> {
        let bounds = Bounds {
            deadline: Some(question.deadline),
            cancelled: Some(cancel.flag()),
            ..Bounds::default()
        };
        let interpreter = self.interpreter();
        let decode = |reader: &Reader<'_>| -> Result<Row, Refusal> {
            let names = names(reader, question.place, interpreter)?;
            let value = evaluate(&question.expression, reader, &names, &bounds)?;
            let path = Some(question.expression.clone());
            Ok(operand_row(reader, "", &value, path, question.detail))
        };
        let (found, proof) = self.read(&Proof::default(), question.detail, decode)?;
        let found = found.map_err(|refusal| Failure::evaluation(refusal.to_string()))?;
        let variable = self.variable(found, &proof);
        Ok(Evaluated {
            result: variable.value,
            type_name: variable.type_name,
            presentation_hint: variable.presentation_hint,
            variables_reference: variable.variables_reference,
            named_variables: variable.named_variables,
            indexed_variables: variable.indexed_variables,
        })
    }
}
