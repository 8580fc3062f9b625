//! `dapper …`: what can be asked in the client's console beside expressions.

use std::sync::Arc;

use crate::dap::protocol::failure::Failure;
use crate::dap::session::Session;
use crate::dap::threads::task_name;
use crate::dap::values::scopes::summary;
use crate::dap::view::View;
use crate::model::{SCHEMA_VERSION, Snapshot, Tool};
use crate::plain_text;
use crate::report::{Choice, select, text};

const HELP: &str = "\
dapper tasks [FILTER]    every task and what it waits for; * and ? match any text
dapper why [TASK]        why the program does not go on, or all about one task
dapper graph             who waits for whom
dapper refresh           look at the process again
dapper set OPTION VALUE  max-tasks N | filter TEXT | fold on|off | just-my-code on|off
                         | pause-budget MS | thread-events on|off; `filter -` lists all
dapper help              this
Anything else is a Python expression, computed here on what was read: nothing
is run in the process.";

/// Columns of reports in a console.
const WIDTH: usize = 100;
/// Lines of one answer.
const MOST_LINES: usize = 500;

/// The words behind `dapper`, if that is what the expression begins with.
pub fn command(expression: &str) -> Option<&str> {
    let rest = expression.trim().strip_prefix("dapper")?;
    match rest.chars().next() {
        None => Some(""),
        Some(c)
            if c.is_whitespace() && !rest.trim_start().starts_with(['=', '.', '+', '-', '*']) =>
        {
            Some(rest.trim())
        }
        Some(_) => None,
    }
}

impl Session {
    /// Does what is asked for, and gives the text to show.
    pub(crate) fn console(&mut self, command: &str) -> Result<String, Failure> {
        let (word, rest) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let rest = rest.trim();
        match word {
            "" | "help" => Ok(HELP.to_owned()),
            "tasks" => tasks(&Arc::clone(&self.seen()?.view), rest),
            "why" => why(&Arc::clone(&self.seen()?.view), rest),
            "graph" => Ok(graph(&Arc::clone(&self.seen()?.view))),
            "refresh" => {
                self.look(None);
                Ok("looking".to_owned())
            }
            "set" => self.set(rest),
            other => Err(Failure::evaluation(format!(
                "there is no `dapper {}`; `dapper help` says what there is",
                plain_text::clean(other)
            ))),
        }
    }

    fn set(&mut self, rest: &str) -> Result<String, Failure> {
        let (option, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let value = value.trim();
        let switch = || match value {
            "on" | "true" | "1" => Ok(true),
            "off" | "false" | "0" => Ok(false),
            _ => Err(Failure::evaluation(format!("`{option}` is on or off"))),
        };
        let number = |least: u64, most: u64| {
            let found = value
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number));
            found.ok_or_else(|| {
                Failure::evaluation(format!("`{option}` is a number from {least} to {most}"))
            })
        };
        let options = &mut self.attached()?.options;
        match option {
            "max-tasks" => {
                options.list.max_tasks = usize::try_from(number(0, 10_000_000)?).unwrap_or(0);
            }
            "filter" => {
                options.list.filter = match value {
                    "" | "-" | "*" => None,
                    pattern => Some(pattern.to_owned()),
                };
            }
            "fold" => options.list.fold = switch()?,
            "just-my-code" => options.just_my_code = switch()?,
            "pause-budget" => {
                options.max_pause = std::time::Duration::from_millis(number(1, 60_000)?);
            }
            "thread-events" => options.thread_events = switch()?,
            _ => {
                return Err(Failure::evaluation(
                    "dapper set knows max-tasks, filter, fold, just-my-code, pause-budget and thread-events",
                ));
            }
        }
        self.list_again();
        Ok(format!("{option} is {value}"))
    }
}

fn tasks(view: &View, filter: &str) -> Result<String, Failure> {
    let all = view.process.tasks.len();
    let places: Vec<usize> = match filter {
        "" => (0..all).collect(),
        pattern => match select::tasks(&view.process, pattern) {
            Ok(places) => places.into_iter().collect(),
            Err(nothing) => return Err(Failure::evaluation(nothing.to_string())),
        },
    };
    let mut lines: Vec<String> = (places.iter().take(MOST_LINES))
        .map(|place| {
            let task = view.task(*place);
            format!("{}  {}", task_name(task), summary(view, task))
        })
        .collect();
    if places.len() > MOST_LINES {
        lines.push(format!("… and {} more", places.len() - MOST_LINES));
    }
    if lines.is_empty() {
        lines.push("there are no tasks".to_owned());
    }
    Ok(lines.join("\n"))
}

fn why(view: &View, task: &str) -> Result<String, Failure> {
    if task.is_empty() {
        return Ok(text::verdict(&view.process, WIDTH));
    }
    let tasks = select::tasks(&view.process, task)
        .map_err(|nothing| Failure::evaluation(nothing.to_string()))?;
    Ok(report(
        view,
        Some(Choice {
            tasks,
            ..Choice::default()
        }),
    ))
}

/// The report for a terminal, on what was chosen or on everything.
pub fn report(view: &View, chosen: Option<Choice>) -> String {
    let snapshot = Snapshot {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        taken_at: String::new(),
        processes: vec![view.process.clone()],
    };
    let options = text::Options {
        width: WIDTH,
        group_above: 20,
        all_frames: false,
        locals: false,
        threads_only: false,
    };
    let mut out = anstream::StripStream::new(Vec::new());
    let chosen = chosen.map(|choice| vec![choice]);
    // Writing to memory does not fail.
    let _ = text::write(&mut out, &snapshot, &options, chosen.as_deref());
    String::from_utf8_lossy(&out.into_inner()).into_owned()
}

fn graph(view: &View) -> String {
    let mut lines: Vec<String> = (view.process.edges.iter().take(MOST_LINES))
        .map(|edge| {
            let (from, to) = (view.words.label(&edge.from), view.words.label(&edge.to));
            format!("{from} --{}--> {to}", plain_text::clean(&edge.via))
        })
        .collect();
    if view.process.edges.len() > MOST_LINES {
        lines.push(format!(
            "… and {} more",
            view.process.edges.len() - MOST_LINES
        ));
    }
    match lines.is_empty() {
        true => "nobody waits for anybody".to_owned(),
        false => lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use crate::dap::requests::console::*;

    #[test]
    fn only_commands_are_taken_for_commands() {
        assert_eq!(command("dapper"), Some(""));
        assert_eq!(command(" dapper  why  x "), Some("why  x"));
        for expression in ["dapper.x", "dapper + 1", "dappers", "x", "dapper == 1"] {
            assert_eq!(command(expression), None, "{expression}");
        }
    }
}
