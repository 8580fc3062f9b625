//! Lines of styled text, wrapped and set in columns.

use std::io;

use anstyle::{AnsiColor, Style};

use crate::report::clean::{self, columns};

/// What a piece of text is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Plain,
    /// A section's title.
    Heading,
    /// A task, thread or process.
    Name,
    /// File and line in the user's own code.
    Place,
    /// Library code, ids and words between.
    Dim,
    /// Makes progress.
    Good,
    /// Needs a look.
    Warn,
    /// Failed or could not be read.
    Bad,
}

impl Role {
    fn style(self) -> Style {
        let plain = Style::new();
        match self {
            Self::Plain => plain,
            Self::Heading => plain.bold(),
            Self::Name => AnsiColor::Cyan.on_default(),
            Self::Place => AnsiColor::Yellow.on_default(),
            Self::Dim => plain.dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default(),
        }
    }
}

/// Text of one role. Its text is always safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    text: String,
    role: Role,
}

impl Piece {
    pub fn new(role: Role, text: impl AsRef<str>) -> Self {
        let text = clean::clean(text.as_ref()).into_owned();
        Self { text, role }
    }
}

/// Pieces that stay on one line as long as they fit on any.
pub type Unit = Vec<Piece>;

/// Units set one after the other, a space between, wrapped to the column's width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Para {
    pub units: Vec<Unit>,
    /// Columns before the first line.
    pub indent: usize,
    /// Further columns before the lines that follow.
    pub hang: usize,
}

impl Para {
    /// A sentence: wraps at its spaces.
    pub fn words(role: Role, text: &str) -> Self {
        let mut para = Self::default();
        para.say(role, text);
        para
    }

    /// Adds words to the sentence.
    pub fn say(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            let words = text.split(' ').map(|word| vec![Piece::new(role, word)]);
            self.units.extend(words);
        }
    }

    /// Adds text to the last word, without a space.
    pub fn glue(&mut self, role: Role, text: &str) {
        let piece = Piece::new(role, text);
        match self.units.last_mut() {
            Some(unit) => unit.push(piece),
            None => self.units.push(vec![piece]),
        }
    }

    pub fn indented(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    pub fn hanging(mut self, hang: usize) -> Self {
        self.hang = hang;
        self
    }

    pub fn width(&self) -> usize {
        let units: usize = self.units.iter().map(|unit| unit_width(unit)).sum();
        self.indent + units + self.units.len().saturating_sub(1)
    }

    /// The paragraph in lines of at most `width` columns.
    pub fn wrap(&self, width: usize) -> Vec<Line> {
        let first = self.indent.min(width / 2);
        let next = (self.indent + self.hang).min(width / 2);
        let mut lines = Vec::new();
        let mut line = Line::blank(first);
        let mut fresh = true;
        let mut before = None;
        for unit in &self.units {
            let needed = unit_width(unit) + usize::from(!fresh);
            if !fresh && line.width + needed > width {
                lines.push(std::mem::replace(&mut line, Line::blank(next)));
                fresh = true;
            }
            if !fresh {
                // A space within words of one role belongs to them.
                let role = unit
                    .first()
                    .map(|piece| piece.role)
                    .filter(|role| before == Some(*role));
                line.push(Piece::new(role.unwrap_or(Role::Plain), " "));
            }
            before = unit.last().map(|piece| piece.role);
            for piece in unit {
                let mut rest = piece.text.as_str();
                while line.width + columns(rest) > width {
                    let (head, tail) = break_at(rest, width.saturating_sub(line.width));
                    if head.is_empty() && fresh {
                        break;
                    }
                    line.push(Piece::new(piece.role, head));
                    lines.push(std::mem::replace(&mut line, Line::blank(next)));
                    rest = tail;
                    fresh = true;
                }
                line.push(Piece::new(piece.role, rest));
                fresh = false;
            }
        }
        lines.push(line);
        lines
    }
}

/// Splits text that is too long: after a space, comma or slash in the second
/// half of the line, else wherever the line ends.
fn break_at(text: &str, limit: usize) -> (&str, &str) {
    let (head, tail) = clean::split(text, limit);
    match head.rfind([' ', ',', '/']) {
        Some(at) if at >= head.len() / 2 => text.split_at(at + 1),
        _ => (head, tail),
    }
}

fn unit_width(unit: &[Piece]) -> usize {
    unit.iter().map(|piece| columns(&piece.text)).sum()
}

/// Pieces on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<Piece>,
    width: usize,
}

impl Line {
    fn blank(width: usize) -> Self {
        let mut line = Self::default();
        line.pad(width);
        line
    }

    fn push(&mut self, piece: Piece) {
        self.width += columns(&piece.text);
        match self.pieces.last_mut() {
            Some(last) if last.role == piece.role => last.text.push_str(&piece.text),
            _ if piece.text.is_empty() => {}
            _ => self.pieces.push(piece),
        }
    }

    fn append(&mut self, other: Self) {
        for piece in other.pieces {
            self.push(piece);
        }
    }

    /// Spaces up to a column.
    fn pad(&mut self, column: usize) {
        if column > self.width {
            self.push(Piece::new(Role::Plain, " ".repeat(column - self.width)));
        }
    }

    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let shown = self
            .pieces
            .iter()
            .rposition(|piece| !piece.text.trim_end().is_empty())
            .map_or(0, |last| last + 1);
        for (place, piece) in self.pieces[..shown].iter().enumerate() {
            let style = piece.role.style();
            let text = match place + 1 == shown {
                true => piece.text.trim_end(),
                false => &piece.text,
            };
            write!(out, "{style}{text}{style:#}")?;
        }
        out.write_all(b"\n")
    }
}

/// Writes a paragraph over the whole width.
pub fn write_para(out: &mut dyn io::Write, para: &Para, width: usize) -> io::Result<()> {
    para.wrap(width).iter().try_for_each(|line| line.write(out))
}

/// One entry of a section: who, where, and what about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub label: Unit,
    /// Drawn before the body's lines below the label, e.g. the rail of a tree.
    pub rail: String,
    pub body: Vec<Para>,
    pub notes: Vec<Para>,
}

/// Columns before every row.
const MARGIN: usize = 2;
/// Between two columns of a table.
const GAP: usize = 2;
/// Below this width a label stands on a line of its own.
const NARROW: usize = 60;
/// Columns beside the label from which notes stand beside the body even where
/// that makes either of them wrap.
const WIDE: usize = 96;

/// Writes rows as a table: label, body and notes side by side where the width
/// allows it, else the notes under the body.
pub fn write_rows(out: &mut dyn io::Write, rows: &[Row], width: usize) -> io::Result<()> {
    let columns = Columns::of(rows, width);
    rows.iter().try_for_each(|row| columns.write(out, row))
}

/// How the width is shared out between label, body and notes.
struct Columns {
    /// Where bodies begin.
    body_at: usize,
    body: usize,
    notes: Notes,
}

/// Where the notes of a row are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notes {
    /// Beside the body, so wide.
    Beside(usize),
    /// Beside a body of up to so many columns where both fit, else under it.
    Where(usize),
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
            (rest, Notes::Where(0))
        } else if body + GAP + notes <= rest {
            (body, Notes::Beside(rest - body - GAP))
        } else if rest >= WIDE {
            let notes = notes.min(rest * 2 / 5);
            let body = body.min(rest - GAP - notes);
            (body, Notes::Beside(rest - GAP - body))
        } else {
            (rest, Notes::Where(best_column(rows, rest)))
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
            Notes::Where(_) => 0,
        };
        let room = (self.body_at + self.body + beside).saturating_sub(MARGIN);
        for piece in &row.label {
            let left = room.saturating_sub(head.width - MARGIN);
            head.push(Piece::new(piece.role, clean::cut(&piece.text, left)));
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

    /// The column of the notes beside the body, these, and those under it.
    fn split_notes(&self, row: &Row) -> (usize, Vec<Line>, Vec<Line>) {
        match self.notes {
            Notes::Beside(width) => (
                self.body_at + self.body + GAP,
                lines_of(&row.notes, width),
                Vec::new(),
            ),
            Notes::Where(column) => {
                let needed = column.max(widest(row.body.iter()));
                let fits = needed + GAP + widest(row.notes.iter()) <= self.body;
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

/// The column beside which most rows fit on one line.
fn best_column(rows: &[Row], rest: usize) -> usize {
    let widths: Vec<(usize, usize)> = (rows.iter())
        .map(|row| (widest(row.body.iter()), widest(row.notes.iter())))
        .filter(|(body, notes)| body + GAP + notes <= rest)
        .collect();
    let fitting = |column: usize| {
        let fits = |(body, notes): &&(usize, usize)| *body <= column && column + GAP + notes <= rest;
        widths.iter().filter(fits).count()
    };
    let mut columns: Vec<usize> = widths.iter().map(|(body, _)| *body).collect();
    columns.sort_unstable();
    columns.dedup();
    let best = columns.into_iter().max_by_key(|column| fitting(*column));
    best.unwrap_or(0)
}

fn widest<'a>(paras: impl Iterator<Item = &'a Para>) -> usize {
    paras.map(Para::width).max().unwrap_or(0)
}

fn lines_of(paras: &[Para], width: usize) -> Vec<Line> {
    paras.iter().flat_map(|para| para.wrap(width)).collect()
}
