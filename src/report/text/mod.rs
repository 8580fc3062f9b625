//! The report for a terminal.
//!
//! Every text of the target passes through [`layout::Piece`], which makes it
//! safe to print.

mod chain;
mod detail;
mod header;
mod layout;
mod loops;
mod resources;
mod tasks;
mod threads;
mod tree;
mod verdict;
mod wait;
mod why;

use std::io;

use super::{Choice, Index};
use crate::model::{Process, Snapshot};
use layout::{Para, Role, Row};
pub(super) use wait::reason;

/// How the report is laid out and what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal.
    pub width: usize,
    /// Tasks (and threads) that do the same share a row where there are more
    /// than this; 0 lists each.
    pub group_above: usize,
    /// Library code as well, each frame on a line of its own.
    pub all_frames: bool,
    /// Local variables, each frame on a line of its own.
    pub locals: bool,
    /// Leave out everything but threads.
    pub threads_only: bool,
}

impl Options {
    /// Whether so many items are too many to list one by one.
    fn groups(&self, count: usize) -> bool {
        self.group_above > 0 && count > self.group_above
    }
}

/// Columns that the report is laid out for at least, however small the terminal.
const MIN_WIDTH: usize = 20;

/// Writes the report on all processes of the snapshot.
///
/// With `chosen`, one choice per process, only what was chosen is shown, in full.
pub fn write(
    out: &mut dyn io::Write,
    snapshot: &Snapshot,
    options: &Options,
    chosen: Option<&[Choice]>,
) -> io::Result<()> {
    let options = Options {
        width: options.width.max(MIN_WIDTH),
        ..options.clone()
    };
    for (place, process) in snapshot.processes.iter().enumerate() {
        let choice = chosen.map(|choices| choices.get(place));
        let mut page = Page {
            process,
            index: &Index::new(process),
            options: &options,
            out: &mut *out,
        };
        match choice {
            None => {
                page.separate(place > 0)?;
                page.overview()?;
            }
            Some(Some(choice)) if !choice.is_empty() => {
                page.separate(place > 0)?;
                page.details(choice)?;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The verdict on a process with its evidence, as plain text.
pub fn verdict(process: &Process, width: usize) -> String {
    let options = Options {
        width: width.max(MIN_WIDTH),
        group_above: 0,
        all_frames: false,
        locals: false,
        threads_only: false,
    };
    let mut out = anstream::StripStream::new(Vec::new());
    let mut page = Page {
        process,
        index: &Index::new(process),
        options: &options,
        out: &mut out,
    };
    // Writing to memory does not fail.
    let _ = page.verdict();
    String::from_utf8_lossy(&out.into_inner()).into_owned()
}

/// One process's part of the report, being written.
struct Page<'a, 'out> {
    process: &'a Process,
    index: &'a Index<'a>,
    options: &'a Options,
    out: &'out mut dyn io::Write,
}

impl Page<'_, '_> {
    fn overview(&mut self) -> io::Result<()> {
        self.header()?;
        if !self.options.threads_only {
            self.verdict()?;
            self.loops()?;
            self.tasks()?;
            self.coroutines()?;
            self.resources()?;
        }
        self.threads()?;
        self.errors()
    }

    fn separate(&mut self, wanted: bool) -> io::Result<()> {
        if wanted {
            self.out.write_all(b"\n")
        } else {
            Ok(())
        }
    }

    /// A section's title, with what follows it on the line.
    fn heading(&mut self, title: &str, rest: &str) -> io::Result<()> {
        let mut para = Para::words(Role::Heading, title).hanging(2);
        para.say(Role::Plain, rest);
        self.para(&para)
    }

    fn para(&mut self, para: &Para) -> io::Result<()> {
        layout::write_para(self.out, para, self.options.width)
    }

    fn rows(&mut self, rows: &[Row]) -> io::Result<()> {
        layout::write_rows(self.out, rows, self.options.width)
    }

    fn errors(&mut self) -> io::Result<()> {
        if self.process.errors.is_empty() {
            return Ok(());
        }
        self.heading("ERRORS", "")?;
        for error in &self.process.errors {
            let para = Para::words(Role::Bad, &format!("! {error}"));
            self.para(&para.indented(2).hanging(2))?;
        }
        Ok(())
    }
}

/// `12,345`.
fn grouped_digits(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as people say them: `0.2 s`, `3 min 20 s`, `8 h 20 min`.
fn seconds(value: f64) -> String {
    let whole = value.abs();
    if !whole.is_finite() {
        "forever".to_owned()
    } else if whole < 120.0 {
        format!("{whole:.1} s")
    } else if whole < 7200.0 {
        format!(
            "{:.0} min {:.0} s",
            (whole / 60.0).floor(),
            (whole % 60.0).floor()
        )
    } else {
        format!(
            "{:.0} h {:.0} min",
            (whole / 3600.0).floor(),
            (whole % 3600.0 / 60.0).floor()
        )
    }
}

pub mod frame_filter;
#[cfg(test)]
mod tests;
