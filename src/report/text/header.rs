//! What was read and how, the verdict, and the event loops.

use std::io;

use super::layout::{Para, Piece, Role, Row};
use super::{Page, chain, grouped_digits, seconds};
use crate::report::clean::name;
use crate::report::index::loop_label;
use crate::snapshot::{Consistency, EventLoop, LoopState, Process, ReadInfo};

/// Watched descriptors with a peer that are listed by loop.
const SHOWN_FILES: usize = 8;

impl Page<'_, '_> {
    pub(super) fn header(&mut self) -> io::Result<()> {
        let process = self.process;
        let python = &process.python;
        let mut version = format!("CPython {}", python.version);
        if python.free_threaded {
            version.push_str(" free-threaded");
        }
        if python.debug {
            version.push_str(" debug");
        }
        let mut units = vec![
            vec![Piece::new(Role::Heading, name(&program(process)))],
            vec![Piece::new(Role::Plain, format!(" pid {}", process.pid))],
            vec![Piece::new(Role::Plain, format!(" {version}"))],
            vec![Piece::new(
                Role::Plain,
                if process.asyncio_imported {
                    " asyncio"
                } else {
                    " no asyncio"
                },
            )],
        ];
        let (role, read) = reading(&process.read);
        units.push(vec![Piece::new(role, format!(" {read}"))]);
        self.para(&Para {
            units,
            indent: 0,
            hang: 1,
        })?;
        match &process.read.note {
            Some(note) => self.para(&Para::words(Role::Dim, note).indented(2).hanging(2)),
            None => Ok(()),
        }
    }

    pub(super) fn verdict(&mut self) -> io::Result<()> {
        let Some(verdict) = &self.process.verdict else {
            return Ok(());
        };
        let mut para = Para::words(Role::Heading, "VERDICT").hanging(9);
        para.say(Role::Heading, &format!("{}:", verdict.state.to_uppercase()));
        para.say(Role::Plain, &verdict.summary);
        para.say(Role::Dim, &format!("({})", verdict.confidence));
        self.para(&para)
    }

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
        let class = match class.strip_prefix("asyncio.") {
            Some(within) => within.rsplit('.').next().unwrap_or(within),
            None => class,
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
        match event_loop.next_timer_s {
            Some(left) if left < 0.0 => {
                para.say(Role::Bad, &format!("(next overdue by {})", seconds(left)));
            }
            Some(left) => para.say(Role::Plain, &format!("(next in {})", seconds(left))),
            None => {}
        }
        let files = event_loop.files.len();
        if files > 0 {
            para.glue(Role::Plain, ",");
            para.say(
                Role::Plain,
                &format!("{files} {}", if files == 1 { "fd" } else { "fds" }),
            );
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
        let thread = event_loop
            .thread
            .as_deref()
            .and_then(|id| self.index.thread(id));
        let syscall = thread.and_then(|thread| thread.syscall.as_deref());
        let task = match thread.and_then(|thread| thread.task.as_deref()) {
            Some(task) => format!(" of {}", self.index.label(task)),
            None => String::new(),
        };
        match event_loop.state {
            LoopState::Polling => (
                Role::Plain,
                format!("idle in {}", syscall.unwrap_or("its selector")),
            ),
            LoopState::Blocked => match syscall {
                Some(syscall) => (Role::Bad, format!("BLOCKED by a call{task} in {syscall}")),
                None => (Role::Bad, format!("BLOCKED by a call{task}")),
            },
            LoopState::Running => (Role::Good, format!("running a callback{task}")),
            LoopState::Stopped if event_loop.closed == Some(true) => (Role::Plain, "closed".into()),
            LoopState::Stopped => (Role::Plain, "not running".into()),
        }
    }
}

fn files_with_peer(event_loop: &EventLoop) -> Vec<Para> {
    let connected = event_loop.files.iter().filter(|file| file.peer.is_some());
    let mut paras: Vec<Para> = connected
        .clone()
        .take(SHOWN_FILES)
        .map(|file| {
            let mut para = Para::words(Role::Dim, &format!("fd {} {}", file.fd, file.events));
            para.say(Role::Plain, file.local.as_deref().unwrap_or_default());
            para.say(Role::Dim, "to");
            para.say(Role::Plain, file.peer.as_deref().unwrap_or_default());
            para.say(Role::Dim, file.state.as_deref().unwrap_or_default());
            para
        })
        .collect();
    let more = connected.count().saturating_sub(SHOWN_FILES);
    if more > 0 {
        paras.push(Para::words(
            Role::Dim,
            &format!("and {more} more connections (--json)"),
        ));
    }
    paras
}

fn reading(read: &ReadInfo) -> (Role, String) {
    match read.consistency {
        Consistency::Stopped => (
            Role::Plain,
            format!("read-only, paused {}", pause(read.stopped_us)),
        ),
        Consistency::Verified => (Role::Plain, "read-only, not paused, verified".into()),
        Consistency::Running => (Role::Bad, "read-only, read while running".into()),
    }
}

fn pause(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// What the process runs, in few words: the script, `python -m module` or the
/// program itself.
fn program(process: &Process) -> String {
    let command = &process.command;
    let first = command.first().map(String::as_str);
    let Some(first) = first
        .filter(|first| !first.is_empty())
        .or(process.executable.as_deref())
    else {
        return "?".to_owned();
    };
    let own = base(first);
    if !own.starts_with("python") {
        return own.to_owned();
    }
    let mut words = command.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" | "-W" | "--check-hash-based-pycs" => {
                words.next();
            }
            "-" => return format!("{own} -"),
            long if long.starts_with("--") => {}
            short if short.starts_with('-') && short.ends_with('c') => return format!("{own} -c"),
            short if short.starts_with('-') && short.ends_with('m') => {
                let module = words.next().map_or("", String::as_str);
                return format!("{own} -m {module}");
            }
            short if short.starts_with('-') => {}
            script => return base(script).to_owned(),
        }
    }
    own.to_owned()
}

fn base(path: &str) -> &str {
    path.rsplit('/')
        .next()
        .filter(|part| !part.is_empty())
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn programs_are_called_by_what_they_run() {
        for (command, shown) in [
            (
                vec!["/usr/bin/python3", "/srv/app/bank.py", "--port", "1"],
                "bank.py",
            ),
            (vec!["python3.13", "-X", "dev", "-u", "bank.py"], "bank.py"),
            (
                vec!["/usr/bin/python", "-Im", "http.server"],
                "python -m http.server",
            ),
            (vec!["python3", "-c", "while 1: pass"], "python3 -c"),
            (vec!["python3"], "python3"),
            (vec!["gunicorn: worker [app]"], "gunicorn: worker [app]"),
            (vec!["/opt/bin/uwsgi", "app.ini"], "uwsgi"),
            (vec![], "python3.13"),
        ] {
            let mut process = fixtures::process();
            process.command = command.iter().map(|word| (*word).to_owned()).collect();
            process.executable = Some("/usr/bin/python3.13".into());
            assert_eq!(program(&process), shown, "{command:?}");
        }
    }
}
