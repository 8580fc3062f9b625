//! A diff as text for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Basis, Change, Diff, Outcome, Row, Summary};
use crate::plain_text::{clean, columns, cut};
use crate::profile::Who;

/// Changes that are listed at most.
const MAX_ROWS: usize = 40;
/// Columns before the description of a change.
const NUMBERS: usize = 48;
/// Least columns for a description.
const MIN_WORDS: usize = 24;

/// Writes the diff. The names are those of the two files.
///
/// # Errors
/// Those of `out`.
pub fn write(
    diff: &Diff,
    names: [&str; 2],
    rules: &[Outcome],
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    for ((letter, name), summary) in ["A", "B"].iter().zip(names).zip([&diff.a, &diff.b]) {
        about(letter, name, summary, diff.who, out)?;
        wrapped(&summary.trust, width, out)?;
    }
    let Diff {
        slices,
        errors,
        compared,
        ..
    } = diff;
    writeln!(
        out,
        "noise: {errors:.1} standard errors between {slices} slices of each; {compared} compared"
    )?;
    for note in &diff.notes {
        writeln!(out, "note: {note}")?;
    }
    heading(out, "BY REASON")?;
    for (total, change) in &diff.totals {
        numbers(out, change)?;
        writeln!(out, "{total}")?;
    }
    heading(out, "CHANGES")?;
    if diff.rows.is_empty() {
        writeln!(out, "  none that is more than noise")?;
    }
    for row in diff.rows.iter().take(MAX_ROWS) {
        let name = format!("{}: {}", row.key.group, row.key.leaf());
        let words = width.saturating_sub(NUMBERS).max(MIN_WORDS);
        numbers(out, &row.change)?;
        writeln!(out, "{}", cut(&name, words))?;
        if !row.places.is_empty() {
            let words = width.saturating_sub(6).max(MIN_WORDS);
            writeln!(out, "      {}", cut(&stack(row), words))?;
        }
    }
    if let Some(more) = diff.rows.len().checked_sub(MAX_ROWS + 1) {
        writeln!(out, "  and {} more, see --format json or html", more + 1)?;
    }
    for rule in rules {
        let word = match rule.failed {
            true => "FAILED",
            false => "ok",
        };
        let style = match rule.failed {
            true => AnsiColor::Red.on_default().bold(),
            false => AnsiColor::Green.on_default(),
        };
        writeln!(
            out,
            "{style}{word}{style:#} {}\n      {}",
            clean(&rule.rule),
            rule.text
        )?;
    }
    Ok(())
}

fn about(
    letter: &str,
    name: &str,
    summary: &Summary,
    who: Who,
    out: &mut dyn Write,
) -> io::Result<()> {
    let bold = Style::new().bold();
    let finished = match who {
        Who::Task => format!(", {} tasks finished", summary.finished),
        Who::Thread => String::new(),
    };
    writeln!(
        out,
        "{bold}{letter}{bold:#}  {}: {}; {:.1} s{finished}",
        clean(name),
        clean(&summary.title),
        summary.duration_s,
    )
}

/// The line of trust in as many lines as it needs.
fn wrapped(parts: &[String], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::from("  ");
    for (number, part) in parts.iter().enumerate() {
        let end = if number + 1 < parts.len() { ";" } else { "" };
        if columns(&line) + columns(part) + 2 > width && line.len() > 2 {
            writeln!(out, "{line}")?;
            line.truncate(2);
        }
        line += &format!(" {part}{end}");
    }
    writeln!(out, "{line}")
}

fn heading(out: &mut dyn Write, title: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(
        out,
        "{bold}{title:<10}{bold:#} {:>8}  {:>9}  {:>7}  {:>9}",
        "A", "B", "change", "noise"
    )
}

/// The numbers of a change: `12.3 ms  15.4 ms  +25 %  ±1.1 ms`, and what they are divided by.
fn numbers(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let style = match (change.exceeds(), change.more() > 0.0) {
        (true, true) => AnsiColor::Red.on_default(),
        (true, false) => AnsiColor::Blue.on_default(),
        (false, _) => Style::new(),
    };
    let basis = match change.basis {
        Basis::FinishedTask => "/task",
        Basis::Second => "/s",
    };
    let cells = [
        (seconds(change.a.per) + basis, 14),
        (seconds(change.b.per), 10),
        (percent(change), 8),
        (seconds(change.noise), 10),
    ];
    let padded = cells.into_iter().map(|(cell, width): (String, usize)| {
        let padding = " ".repeat(width.saturating_sub(columns(&cell)));
        format!("{padding}{cell} ")
    });
    let line: String = padded.collect();
    write!(out, "{style}{line}{style:#} ")
}

/// `in fetch (app.py:12) < handle (app.py:30)`: the program's own code, if there is any.
fn stack(row: &Row) -> String {
    let own = row.places.iter().rev().filter(|place| !place.library);
    let own: Vec<String> = own.map(|place| place.label()).collect();
    let all = || row.places.iter().rev().map(|place| place.label()).collect();
    let stack: Vec<String> = if own.is_empty() { all() } else { own };
    format!("in {}", stack.join(" < "))
}

/// Seconds with three digits and a unit: `12.3 ms`.
pub(super) fn seconds(seconds: f64) -> String {
    let (number, unit) = match seconds.abs() {
        it if !it.is_finite() => return "unknown".to_owned(),
        it if it >= 1.0 => (seconds, "s"),
        it if it >= 1e-3 => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "us"),
    };
    let digits = match number.abs() {
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        _ => 2,
    };
    format!("{number:.digits$} {unit}")
}

/// The change in percent: `+25 %`, or `new` and `gone`.
pub(super) fn percent(change: &Change) -> String {
    match change.percent() {
        None if change.b.per > 0.0 => "new".to_owned(),
        None => "none".to_owned(),
        Some(_) if change.b.per == 0.0 => "gone".to_owned(),
        Some(percent) => format!("{percent:+.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_three_digits() {
        assert_eq!(seconds(123.4), "123 s");
        assert_eq!(seconds(1.234), "1.23 s");
        assert_eq!(seconds(0.012_34), "12.3 ms");
        assert_eq!(seconds(0.000_000_4), "0.40 us");
        assert_eq!(seconds(f64::INFINITY), "unknown");
    }
}
