//! Tables: rows of a label, a body and notes.

use std::io;

use super::{Line, Para, Piece, Role, Unit, unit_width};
use crate::plain_text;
use crate::plain_text::columns;

/// One row of a section: who, where, and notes on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub label: Unit,
    /// Drawn below the label, before the lines of the body: the rail of a tree.
    pub rail: String,
    pub body: Vec<Para>,
    pub notes: Vec<Para>,
}

/// Empty columns before every row.
const MARGIN: usize = 2;
/// Empty columns between label, body and notes.
const GAP: usize = 2;
/// In a terminal narrower than this, labels have a line of their own.
const NARROW: usize = 60;
/// With at least this many columns beside the label, notes stand beside the body
/// even if that makes one of them wrap.
const WIDE: usize = 96;

/// Writes rows as a table: label, body and notes side by side where the width
/// allows it, else the notes under the body.
///
/// # Errors
/// When `out` cannot be written to.
pub(crate) fn write_rows(out: &mut dyn io::Write, rows: &[Row], width: usize) -> io::Result<()> {
    let columns = Columns::of(rows, width);
    rows.iter().try_for_each(|row| columns.write(out, row))
}

/// The columns of a table.
struct Columns {
    /// The column where bodies begin.
    body_at: usize,
    body: usize,
    notes: Notes,
}

/// Where the notes of a row stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notes {
    /// Beside the body, with this width.
    Beside(usize),
    /// Beside bodies of up to this width if both fit, else under the body.
    BesideUpTo(usize),
}

impl Columns {
    fn of(rows: &[Row], width: usize) -> Self {
        let longest_label = if width < NARROW {
            0
        } else {
            (width / 3).min(36)
        };
        let labels = rows.iter().map(|row| unit_width(&row.label));
        let label = labels.filter(|&w| w <= longest_label).max().unwrap_or(0);
        let body_at = if label == 0 {
            2 * MARGIN
        } else {
            MARGIN + label + GAP
        };
        let rest = width.saturating_sub(body_at).max(MARGIN * 4);
        let body = widest(rows.iter().flat_map(|row| &row.body));
        let notes = widest(rows.iter().flat_map(|row| &row.notes));
        let stacked = rows.iter().any(|row| row.body.len() > 1);
        let (body, notes) = if notes == 0 || stacked {
            (rest, Notes::BesideUpTo(0))
        } else if body + GAP + notes <= rest {
            (body, Notes::Beside(rest - body - GAP))
        } else if rest >= WIDE {
            let notes = notes.min(rest * 2 / 5);
            let body = body.min(rest - GAP - notes);
            (body, Notes::Beside(rest - GAP - body))
        } else {
            (rest, Notes::BesideUpTo(best_column(rows, rest)))
        };
        Self {
            body_at,
            body,
            notes,
        }
    }

    fn write(&self, out: &mut dyn io::Write, row: &Row) -> io::Result<()> {
        let mut head = Line::blank(MARGIN);
        let beside = match self.notes {
            Notes::Beside(width) => width,
            Notes::BesideUpTo(_) => 0,
        };
        let room = (self.body_at + self.body + beside).saturating_sub(MARGIN);
        for piece in &row.label {
            let left = room.saturating_sub(head.width - MARGIN);
            head.push(Piece::new(piece.role, plain_text::cut(&piece.text, left)));
        }
        let mut body = lines_of(&row.body, self.body).into_iter();
        let (notes_at, beside, under) = self.split_notes(row);
        let mut notes = beside.into_iter();
        let mut line = head;
        let mut left = body.next();
        let mut right = notes.next();
        if line.width + GAP > self.body_at || (left.is_none() && right.is_none()) {
            line.write(out)?;
            line = self.rail(row);
        }
        while left.is_some() || right.is_some() {
            line.pad(self.body_at);
            line.append(left.unwrap_or_default());
            if let Some(right) = right {
                line.pad(notes_at);
                line.append(right);
            }
            line.write(out)?;
            line = self.rail(row);
            (left, right) = (body.next(), notes.next());
        }
        for note in under {
            let mut line = self.rail(row);
            line.pad(self.body_at);
            line.append(note);
            line.write(out)?;
        }
        Ok(())
    }

    /// The column of the notes beside the body, the lines of these notes, and the
    /// lines under the body.
    fn split_notes(&self, row: &Row) -> (usize, Vec<Line>, Vec<Line>) {
        match self.notes {
            Notes::Beside(width) => (
                self.body_at + self.body + GAP,
                lines_of(&row.notes, width),
                Vec::new(),
            ),
            Notes::BesideUpTo(column) => {
                let notes = widest(row.notes.iter());
                let body = widest(row.body.iter());
                // Notes out of their column are better than notes on two lines.
                let latest = self.body.saturating_sub(notes + GAP);
                let needed = body.max(column.min(latest));
                let fits = needed <= latest;
                let lines = lines_of(&row.notes, self.body);
                match fits && lines.len() == 1 && row.body.len() <= 1 {
                    true => (self.body_at + needed + GAP, lines, Vec::new()),
                    false => (0, Vec::new(), lines),
                }
            }
        }
    }

    fn rail(&self, row: &Row) -> Line {
        let mut line = Line::blank(MARGIN);
        if self.body_at > 2 * MARGIN && MARGIN + columns(&row.rail) < self.body_at {
            line.push(Piece::new(Role::Dim, &row.rail));
        }
        line
    }
}

/// The width of the body with which most rows fit on one line.
fn best_column(rows: &[Row], rest: usize) -> usize {
    let widths: Vec<(usize, usize)> = (rows.iter())
        .map(|row| (widest(row.body.iter()), widest(row.notes.iter())))
        .filter(|(body, notes)| body + GAP + notes <= rest)
        .collect();
    let fitting = |column: usize| {
        let fits =
            |(body, notes): &&(usize, usize)| *body <= column && column + GAP + notes <= rest;
        widths.iter().filter(fits).count()
    };
    let mut columns: Vec<usize> = widths.iter().map(|(body, _)| *body).collect();
    columns.sort_unstable();
    columns.dedup();
    let best = columns
        .into_iter()
        .rev()
        .max_by_key(|column| fitting(*column));
    best.unwrap_or(0)
}

fn widest<'a>(paras: impl Iterator<Item = &'a Para>) -> usize {
    paras.map(Para::width).max().unwrap_or(0)
}

fn lines_of(paras: &[Para], width: usize) -> Vec<Line> {
    paras.iter().flat_map(|para| para.wrap(width)).collect()
}
