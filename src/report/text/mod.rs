//! The report for a terminal: [`write`] puts its sections together.
//!
//! Each section is a file: `header`, `verdict` (with `why`), `loops`, `tasks`,
//! `resources`, `threads`; `detail` is the page of what was chosen by name. Every
//! text of the target passes through [`layout::Piece`], which makes it safe to
//! print.

mod chain;
mod detail;
pub mod frame_filter;
mod header;
mod layout;
mod loops;
mod resources;
mod tasks;
#[cfg(test)]
mod tests;
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
    /// Tasks that do the same share a row if the process has more tasks than
    /// this, and so do threads; 0 lists each.
    pub group_above: usize,
    /// Show library code too, each frame on a line of its own.
    pub all_frames: bool,
    /// Show local variables, each frame on a line of its own.
    pub locals: bool,
    /// Show nothing but threads.
    pub threads_only: bool,
}

impl Options {
    /// Whether there are too many items to list them one by one.
    fn groups(&self, count: usize) -> bool {
        self.group_above > 0 && count > self.group_above
    }
}

/// Minimum number of columns of the report, however small the terminal is.
const MIN_WIDTH: usize = 20;

/// Writes the report on all processes of the snapshot.
///
/// With `chosen`, one choice per process, only what was chosen is shown, in full.
///
/// # Errors
/// When `out` cannot be written to.
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
    for (index, process) in snapshot.processes.iter().enumerate() {
        let choice = chosen.map(|choices| choices.get(index));
        let mut page = Page {
            process,
            index: &Index::new(process),
            options: &options,
            out: &mut *out,
        };
        match choice {
            None => {
                page.separate(index > 0)?;
                page.overview()?;
            }
            Some(Some(choice)) if !choice.is_empty() => {
                page.separate(index > 0)?;
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

/// The part of the report on one process, and where it is written to.
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

    /// The title of a section, and the rest of its line.
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

/// A number with its digits in groups of three: `12,345`.
fn grouped_digits(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
