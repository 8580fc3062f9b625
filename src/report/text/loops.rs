//! The event loops, and the files that they watch.

use std::io;

use super::layout::{Para, Piece, Role, Row};
use super::{Page, chain, grouped_digits};
use crate::model::describe::{due, short_type};
use crate::model::{EventLoop, LoopState, Since};
use crate::report::index::loop_label;

/// Connections that are listed for each loop.
const MAX_FILES: usize = 4;

impl Page<'_, '_> {
    pub(super) fn loops(&mut self) -> io::Result<()> {
        if self.process.loops.is_empty() {
            return Ok(());
        }
        self.heading("LOOPS", "")?;
        let rows: Vec<Row> = (self.process.loops.iter())
            .map(|event_loop| self.loop_row(event_loop))
            .collect();
        self.rows(&rows)
    }

    fn loop_row(&self, event_loop: &EventLoop) -> Row {
        let class = event_loop.class_name.as_str();
        let class = match (class.strip_prefix("asyncio."), class.starts_with("trio.")) {
            (Some(within), _) => within.rsplit('.').next().unwrap_or(within),
            (None, true) => &short_type(class),
            (None, false) => class,
        };
        let mut para = Para::words(Role::Dim, &format!("{class}:"));
        let (role, activity) = self.activity(event_loop);
        para.say(role, &activity);
        for (count, one, many) in [
            (event_loop.ready, "ready", "ready"),
            (event_loop.timers, "timer", "timers"),
        ] {
            if let Some(count) = count {
                let word = if count == 1 { one } else { many };
                para.glue(Role::Plain, ",");
                para.say(Role::Plain, &format!("{} {word}", grouped_digits(count)));
            }
        }
        if let Some(left) = event_loop.next_timer_s {
            let role = if left < 0.0 { Role::Bad } else { Role::Plain };
            para.say(role, &format!("(next {})", due(left)));
        }
        if let Some(files) = files(event_loop) {
            para.glue(Role::Plain, ",");
            para.say(Role::Plain, &files);
        }
        if event_loop.debug == Some(true) {
            para.glue(Role::Plain, ",");
            para.say(Role::Plain, "debug mode");
        }
        let mut body = vec![para.hanging(2)];
        body.extend(files_with_peer(event_loop));
        if let Some(error) = &event_loop.error {
            body.push(chain::unreadable(error));
        }
        Row {
            label: vec![Piece::new(Role::Name, loop_label(event_loop, self.index))],
            body,
            ..Row::default()
        }
    }

    fn activity(&self, event_loop: &EventLoop) -> (Role, String) {
        let thread = event_loop.thread.and_then(|id| self.index.thread(id));
        let syscall = thread.and_then(|thread| thread.syscall.as_deref());
        let task = match thread.and_then(|thread| thread.task) {
            Some(task) => format!(" of {}", self.index.label(task)),
            None => String::new(),
        };
        match event_loop.state {
            LoopState::Polling => (
                Role::Plain,
                format!("polling in {}", syscall.unwrap_or("its selector")),
            ),
            LoopState::Blocked => {
                let call = match syscall {
                    Some(syscall) => format!("by a call{task} in {syscall}"),
                    None => format!("by a call{task}"),
                };
                (Role::Bad, blocked(event_loop, &call))
            }
            LoopState::Running => (Role::Good, running(event_loop, &task)),
            LoopState::Stopped if event_loop.closed == Some(true) => (Role::Plain, "closed".into()),
            LoopState::Stopped => (Role::Plain, "not running".into()),
        }
    }
}

/// `BLOCKED for 4.2 s by a call in read (callback 1 of 7)`
fn blocked(event_loop: &EventLoop, call: &str) -> String {
    match event_loop.since() {
        Some(since) => format!("BLOCKED {} {call}{}", since.words(), position(&since)),
        None => format!("BLOCKED {call}"),
    }
}

/// `running a callback of worker for 12 ms`, and where others ran before it
/// `running for 12 ms, now a callback of worker (callback 3 of 7)`
fn running(event_loop: &EventLoop, task: &str) -> String {
    match event_loop.since() {
        Some(since) if since.all => {
            let position = position(&since);
            format!("running a callback{task} {}{position}", since.lasts)
        }
        Some(since) => {
            let position = position(&since);
            format!("running {} a callback{task}{position}", since.words())
        }
        None => format!("running a callback{task}"),
    }
}

/// ` (callback 3 of 7)`
fn position(since: &Since) -> String {
    let position = since.position.as_ref();
    position.map_or_else(String::new, |position| format!(" ({position})"))
}

/// `3 fds (2 listening)`. The pipe that wakes the loop is named where it is the
/// only file.
fn files(event_loop: &EventLoop) -> Option<String> {
    let files = &event_loop.files;
    let listening = (files.iter())
        .filter(|file| file.state.as_deref() == Some("LISTEN"))
        .count();
    match files.as_slice() {
        [] => None,
        [only] if only.is_self_pipe() => Some("1 fd (self-pipe)".to_owned()),
        [_] => Some("1 fd".to_owned()),
        files if listening > 0 => Some(format!("{} fds ({listening} listening)", files.len())),
        files => Some(format!("{} fds", files.len())),
    }
}

fn files_with_peer(event_loop: &EventLoop) -> Vec<Para> {
    let connected = event_loop.files.iter().filter(|file| file.peer.is_some());
    let mut paras: Vec<Para> = connected
        .clone()
        .take(MAX_FILES)
        .map(|file| {
            let mut para = Para::words(Role::Dim, &format!("fd {} {}", file.fd, file.events));
            if let Some(local) = &file.local {
                para.say(Role::Plain, local);
                para.say(Role::Dim, "to");
            }
            para.say(Role::Plain, file.peer.as_deref().unwrap_or_default());
            para.say(Role::Dim, file.state.as_deref().unwrap_or_default());
            para
        })
        .collect();
    let more = connected.count().saturating_sub(MAX_FILES);
    if more > 0 {
        paras.push(Para::words(
            Role::Dim,
            &format!("and {more} more connections (--json)"),
        ));
    }
    paras
}
