//! The wait graph for Graphviz. An arrow points at what must go on first.

use std::io;

use super::index::{Index, task_label};
use super::{Choice, address};
use crate::model::{
    IdSet, ItemId, Outcome, Process, Snapshot, Task, TaskState, Thread, ThreadState,
};
use crate::plain_text::{clean, cut};

/// Columns of one line of a node's label.
const LABEL_COLUMNS: usize = 60;

/// Writes one digraph with a cluster for each process. With `chosen`, one
/// choice per process, only what was chosen and what it is linked with.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(
    out: &mut dyn io::Write,
    snapshot: &Snapshot,
    chosen: Option<&[Choice]>,
) -> io::Result<()> {
    writeln!(out, "digraph waits {{")?;
    writeln!(out, "  rankdir=LR;")?;
    writeln!(
        out,
        "  node [shape=box, fontname=\"monospace\", fontsize=10];"
    )?;
    writeln!(out, "  edge [fontname=\"monospace\", fontsize=9];")?;
    for (index, process) in snapshot.processes.iter().enumerate() {
        let choice = chosen.map(|choices| choices.get(index).cloned().unwrap_or_default());
        write_process(out, process, choice.as_ref())?;
    }
    writeln!(out, "}}")
}

fn write_process(
    out: &mut dyn io::Write,
    process: &Process,
    choice: Option<&Choice>,
) -> io::Result<()> {
    let index = Index::new(process);
    let wanted = choice.map(|choice| neighbourhood(process, choice));
    let shown = |id: &ItemId| wanted.as_ref().is_none_or(|wanted| wanted.contains(id));
    let title = format!("pid {}: {}", process.pid, process.command.join(" "));
    writeln!(out, "  subgraph cluster_{} {{", process.pid)?;
    writeln!(out, "    label={};", quoted(&[&title]))?;
    let mut drawn = IdSet::default();
    for task in process.tasks.iter().filter(|task| shown(&task.id)) {
        drawn.insert(task.id);
        write_node(out, process, task.id, &task_lines(task), task_style(task))?;
    }
    let linked: IdSet = (process.edges.iter())
        .flat_map(|edge| [edge.from, edge.to])
        .collect();
    for thread in process.threads.iter().filter(|thread| shown(&thread.id)) {
        drawn.insert(thread.id);
        write_node(
            out,
            process,
            thread.id,
            &thread_lines(thread),
            thread_style(thread),
        )?;
    }
    let mut others: Vec<ItemId> = (linked.into_iter())
        .filter(|id| !drawn.contains(id) && shown(id))
        .collect();
    others.sort_by_cached_key(ItemId::to_string);
    for id in others {
        let style = "shape=ellipse, style=dashed";
        write_node(out, process, id, &[index.label(id), address(id)], style)?;
    }
    for edge in process.edges.iter() {
        if shown(&edge.from) && shown(&edge.to) {
            writeln!(
                out,
                "    {} -> {} [label={}];",
                node_id(process, edge.from),
                node_id(process, edge.to),
                quoted(&[edge.via.as_str()]),
            )?;
        }
    }
    writeln!(out, "  }}")
}

/// The items chosen and those that an edge links them with.
fn neighbourhood(process: &Process, choice: &Choice) -> IdSet {
    let tasks = choice
        .tasks
        .iter()
        .filter_map(|&index| process.tasks.get(index));
    let threads = choice
        .threads
        .iter()
        .filter_map(|&index| process.threads.get(index));
    let chosen: IdSet = (tasks.map(|task| task.id))
        .chain(threads.map(|thread| thread.id))
        .collect();
    let mut wanted = chosen.clone();
    for edge in process.edges.iter() {
        if chosen.contains(&edge.from) || chosen.contains(&edge.to) {
            wanted.extend([edge.from, edge.to]);
        }
    }
    wanted
}

fn write_node(
    out: &mut dyn io::Write,
    process: &Process,
    id: ItemId,
    lines: &[String],
    style: &str,
) -> io::Result<()> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    writeln!(
        out,
        "    {} [label={}, {style}];",
        node_id(process, id),
        quoted(&lines)
    )
}

fn task_lines(task: &Task) -> Vec<String> {
    let mut lines = vec![task_label(task), task.coroutine.to_string()];
    let own = task.frames.iter().find(|frame| !frame.library);
    if let Some(frame) = own.or(task.frames.first()) {
        let file = frame.file.as_deref().unwrap_or("?");
        let file = file.rsplit('/').next().unwrap_or(file);
        let line = frame
            .line
            .map_or_else(|| "?".to_owned(), |line| line.to_string());
        lines.push(format!("{} {file}:{line}", frame.qualname));
    }
    if let Some(wait) = &task.waits_for {
        lines.push(wait.summary.to_string());
    }
    lines
}

fn task_style(task: &Task) -> &'static str {
    match (task.state, task.outcome) {
        (TaskState::Running | TaskState::Ready, _) => "color=green4",
        (TaskState::Waiting, _) => "color=black",
        (TaskState::Done, Some(Outcome::Exception)) => "color=red, style=dashed",
        (TaskState::Done, _) => "color=gray50, style=dashed",
    }
}

fn thread_lines(thread: &Thread) -> Vec<String> {
    vec![thread.name.clone(), format!("thread {}", thread.native_id)]
}

fn thread_style(thread: &Thread) -> &'static str {
    match thread.state {
        ThreadState::Running => "shape=component, color=green4",
        _ => "shape=component, color=black",
    }
}

/// The node's name in the graph. Ids are unique within a process only.
fn node_id(process: &Process, id: ItemId) -> String {
    let mut text = String::from("\"");
    escape(&format!("{}/{id}", process.pid), &mut text);
    text.push('"');
    text
}

/// A quoted string of DOT, its lines set to the left. Backslashes, quotes and
/// the ampersands of character references lose their meaning.
fn quoted(lines: &[&str]) -> String {
    let mut text = String::from("\"");
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push_str("\\n");
        }
        escape(&cut(&clean(line), LABEL_COLUMNS), &mut text);
    }
    text.push('"');
    text
}

fn escape(text: &str, out: &mut String) {
    for c in clean(text).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::report::fixtures;

    fn graph(process: Process, chosen: Option<&[Choice]>) -> String {
        let mut out = Vec::new();
        write(&mut out, &fixtures::snapshot(process), chosen).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What Graphviz makes of the text, in its plain format; `None` without Graphviz.
    fn rendered(text: &str) -> Option<String> {
        let mut dot = (Command::new("dot").arg("-Tplain"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        dot.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let output = dot.wait_with_output().ok()?;
        assert!(output.status.success(), "{text}");
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    #[test]
    fn arrows_point_at_what_is_waited_for() {
        let text = graph(fixtures::bank(), None);
        assert!(text.contains("\"4242/task:0x10\" -> \"4242/task:0x20\" [label=\"gather\"];"));
        assert!(text.contains("\"4242/task:0x50\" -> \"4242/thread:4243\" [label=\"executor\"];"));
        if let Some(plain) = rendered(&text) {
            assert_eq!(
                plain
                    .lines()
                    .filter(|line| line.starts_with("node "))
                    .count(),
                10
            );
            assert_eq!(
                plain
                    .lines()
                    .filter(|line| line.starts_with("edge "))
                    .count(),
                7
            );
        }
    }

    #[test]
    fn only_the_neighbourhood_of_what_was_chosen_is_drawn() {
        let chosen = [Choice {
            tasks: [4].into(),
            threads: [].into(),
        }];
        let text = graph(fixtures::bank(), Some(&chosen));
        assert!(text.contains("task:0x50") && text.contains("thread:4243"));
        assert!(!text.contains("task:0x10"));
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let evil = "\"]; evil [label=\"\\\" & &amp; \\N \n } \\";
        let mut process = fixtures::bank();
        process.command = vec![evil.into()];
        process.task_mut(0).name = evil.into();
        process.task_mut(0).coroutine = evil.into();
        process.edges_mut()[0].from = "task:0xbad".into();
        process.edges_mut()[0].to = "task:0xdead".into();
        let text = graph(process, None);
        if let Some(plain) = rendered(&text) {
            assert!(
                !plain.lines().any(|line| line.starts_with("node evil")),
                "{plain}"
            );
            // Six tasks, two threads, two locks, and two unknown ends of edges.
            assert_eq!(
                plain
                    .lines()
                    .filter(|line| line.starts_with("node "))
                    .count(),
                12
            );
        }
    }
}
