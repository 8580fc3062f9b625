//! The head of the report: which process, and how it was read.

use std::io;

use super::Page;
use super::layout::{Para, Piece, Role};
use crate::model::{Consistency, Framework, Process, ReadInfo};
use crate::plain_text::name;

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
            vec![Piece::new(Role::Plain, frameworks(process))],
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

/// What the process runs, in a few words: the script, `python -m module` or the
/// name of the program.
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

/// The frameworks of the process: ` asyncio, trio`.
fn frameworks(process: &Process) -> String {
    let has = |framework| process.tasks.iter().any(|task| task.framework == framework);
    let names: Vec<&str> = [
        (process.asyncio_imported, "asyncio"),
        (has(Framework::Trio), "trio"),
        (has(Framework::Greenlet), "greenlets"),
    ]
    .into_iter()
    .filter_map(|(used, name)| used.then_some(name))
    .collect();
    match names.as_slice() {
        [] => " no asyncio".to_owned(),
        names => format!(" {}", names.join(", ")),
    }
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
