//! `dapper …`: the commands of the client's console.

use std::sync::Arc;

use crate::dap::protocol::failure::Failure;
use crate::dap::session::Session;
use crate::dap::threads::task_name;
use crate::dap::values::scopes::summary;
use crate::dap::view::View;
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

/// Columns of a report in the console.
const WIDTH: usize = 100;
/// Maximum number of lines of one answer.
const MAX_LINES: usize = 500;

/// The words after `dapper`; `None` if the expression is no command.
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
    /// Runs a command, and gives the text to show.
    pub(crate) fn console(&mut self, command: &str) -> Result<String, Failure> {
        let (word, rest) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let rest = rest.trim();
        match word {
            "" | "help" => Ok(HELP.to_owned()),
            "tasks" => tasks(&Arc::clone(&self.client_view()?.view), rest),
            "why" => why(&Arc::clone(&self.client_view()?.view), rest),
            "graph" => Ok(graph(&Arc::clone(&self.client_view()?.view))),
            "refresh" => {
                self.take_sample(None);
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
        let number = |min: u64, max: u64| {
            let found = value
                .parse()
                .ok()
                .filter(|number| (min..=max).contains(number));
            found.ok_or_else(|| {
                Failure::evaluation(format!("`{option}` is a number from {min} to {max}"))
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
        self.relist_and_tell();
        Ok(format!("{option} is {value}"))
    }
}

fn tasks(view: &View, filter: &str) -> Result<String, Failure> {
    let all = view.process.tasks.len();
    let chosen: Vec<usize> = match filter {
        "" => (0..all).collect(),
        pattern => match select::tasks(&view.process, pattern) {
            Ok(tasks) => tasks.into_iter().collect(),
            Err(no_match) => return Err(Failure::evaluation(no_match.to_string())),
        },
    };
    let mut lines: Vec<String> = (chosen.iter().take(MAX_LINES))
        .map(|index| {
            let task = view.task(*index);
            format!("{}  {}", task_name(task), summary(view, task))
        })
        .collect();
    if chosen.len() > MAX_LINES {
        lines.push(format!("… and {} more", chosen.len() - MAX_LINES));
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
        .map_err(|no_match| Failure::evaluation(no_match.to_string()))?;
    Ok(report(
        view,
        Some(Choice {
            tasks,
            ..Choice::default()
        }),
    ))
}

/// The report for a terminal: on the chosen tasks and threads, or on everything.
pub fn report(view: &View, chosen: Option<Choice>) -> String {
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
    let _ = text::write(&mut out, &view.snapshot(), &options, chosen.as_deref());
    String::from_utf8_lossy(&out.into_inner()).into_owned()
}

fn graph(view: &View) -> String {
    let mut lines: Vec<String> = (view.process.edges.iter().take(MAX_LINES))
        .map(|edge| {
            let (from, to) = (view.words.label(edge.from), view.words.label(edge.to));
            format!("{from} --{}--> {to}", edge.via)
        })
        .collect();
    if view.process.edges.len() > MAX_LINES {
        lines.push(format!(
            "… and {} more",
            view.process.edges.len() - MAX_LINES
        ));
    }
    match lines.is_empty() {
        true => "nobody waits for anybody".to_owned(),
        false => lines.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_are_taken_for_commands() {
        assert_eq!(command("dapper"), Some(""));
        assert_eq!(command(" dapper  why  x "), Some("why  x"));
        for expression in ["dapper.x", "dapper + 1", "dappers", "x", "dapper == 1"] {
            assert_eq!(command(expression), None, "{expression}");
        }
    }
}
