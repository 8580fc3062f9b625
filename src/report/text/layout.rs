//! Lines of styled text, wrapped and set in columns.

mod table;

use std::io;

use anstyle::{AnsiColor, Style};

use crate::plain_text;
use crate::plain_text::columns;
pub(super) use table::{Row, write_rows};

/// What a piece of text is. Its style follows from this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// A section's title.
    Heading,
    /// A task, thread or process.
    Name,
    /// File and line in the program's own code.
    Location,
    /// Library code, ids, and words that link others.
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
            Self::Location => AnsiColor::Yellow.on_default(),
            Self::Dim => plain.dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warn => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default(),
        }
    }
}

/// Text of one role, always safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    text: String,
    role: Role,
}

impl Piece {
    /// The text, made safe to print.
    pub(super) fn new(role: Role, text: impl AsRef<str>) -> Self {
        let text = plain_text::clean(text.as_ref()).into_owned();
        Self { text, role }
    }
}

/// Pieces that stay on one line as long as they fit on any.
pub(super) type Unit = Vec<Piece>;

/// A paragraph: units with a space between, wrapped to a width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Para {
    pub units: Vec<Unit>,
    /// Empty columns before the first line.
    pub indent: usize,
    /// Additional empty columns before the other lines.
    pub hang: usize,
}

impl Para {
    /// A sentence, which wraps at its spaces.
    pub(super) fn words(role: Role, text: &str) -> Self {
        let mut para = Self::default();
        para.say(role, text);
        para
    }

    /// Adds words to the sentence.
    pub(super) fn say(&mut self, role: Role, text: &str) {
        if !text.is_empty() {
            let words = text.split(' ').map(|word| vec![Piece::new(role, word)]);
            self.units.extend(words);
        }
    }

    /// Adds text to the last word, without a space.
    pub(super) fn glue(&mut self, role: Role, text: &str) {
        let piece = Piece::new(role, text);
        match self.units.last_mut() {
            Some(unit) => unit.push(piece),
            None => self.units.push(vec![piece]),
        }
    }

    /// The paragraph with so many empty columns before its lines.
    pub(super) fn indented(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    /// The paragraph with more empty columns before all lines but the first.
    pub(super) fn hanging(mut self, hang: usize) -> Self {
        self.hang = hang;
        self
    }

    /// Columns that it takes on one line.
    pub(super) fn width(&self) -> usize {
        let units: usize = self.units.iter().map(|unit| unit_width(unit)).sum();
        self.indent + units + self.units.len().saturating_sub(1)
    }

    /// The paragraph in lines of at most `width` columns.
    pub(super) fn wrap(&self, width: usize) -> Vec<Line> {
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

/// Splits text that is too long for a line: after a space, comma or slash in the
/// second half of the line, or where the line ends if there is none.
fn break_at(text: &str, limit: usize) -> (&str, &str) {
    let (head, tail) = plain_text::split(text, limit);
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
pub(super) struct Line {
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

    /// Adds spaces up to a column.
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
        for (at, piece) in self.pieces[..shown].iter().enumerate() {
            let style = piece.role.style();
            let text = match at + 1 == shown {
                true => piece.text.trim_end(),
                false => &piece.text,
            };
            write!(out, "{style}{text}{style:#}")?;
        }
        out.write_all(b"\n")
    }
}

/// Writes a paragraph over the whole width.
///
/// # Errors
/// When `out` cannot be written to.
pub(super) fn write_para(out: &mut dyn io::Write, para: &Para, width: usize) -> io::Result<()> {
    para.wrap(width).iter().try_for_each(|line| line.write(out))
}
