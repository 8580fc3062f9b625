//! The pictures. They are made from the state and the view alone.

mod header;
mod help;
mod item;
mod table;
mod task;
mod waits;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::rows::{List, Which};
use super::state::TopState;
use super::view::{Page, Places, Tab, View};
use crate::plain_text::{clean, columns};

/// How things look.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Whether there are colours.
    pub colours: bool,
}

impl Theme {
    fn colour(self, colour: Color) -> Style {
        match self.colours {
            true => Style::new().fg(colour),
            false => Style::new(),
        }
    }

    /// What is wrong.
    pub fn bad(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// What deserves a look.
    pub fn warn(self) -> Style {
        self.colour(Color::Yellow)
    }

    /// What goes well.
    pub fn good(self) -> Style {
        self.colour(Color::Green)
    }

    /// Titles.
    pub fn title(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// What matters less.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The row that is chosen.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The part of a line to look at first.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
}

/// Lines of the header, the tabs and the keys.
const HEADER_LINES: u16 = 4;

/// Draws all.
pub fn draw(area: Rect, buffer: &mut Buffer, state: &TopState, view: &mut View, theme: Theme) {
    view.places = Places::default();
    let line = |at: u16| Rect {
        y: area.y + at,
        height: 1,
        ..area
    };
    let header = header::lines(state, view, usize::from(area.width), theme);
    for (at, text) in (0..area.height.min(HEADER_LINES)).zip(&header) {
        put(buffer, line(at), text);
    }
    let used = HEADER_LINES + 1;
    if area.height > HEADER_LINES {
        tabs(line(HEADER_LINES), buffer, state, view, theme);
    }
    if area.height <= used + 1 {
        return;
    }
    let body = Rect {
        y: area.y + used,
        height: area.height - used - 1,
        ..area
    };
    match view.pages.last().cloned() {
        Some(Page::Help) => scrolled(body, buffer, view, &help::lines(theme)),
        Some(Page::Task(id)) => {
            let lines = task::lines(state, id, usize::from(body.width), theme);
            scrolled(body, buffer, view, &lines);
        }
        Some(Page::Thread(id)) => {
            let lines = item::thread(state, id, usize::from(body.width), theme);
            scrolled(body, buffer, view, &lines);
        }
        Some(Page::Resource(id)) => {
            let lines = item::resource(state, id, usize::from(body.width), theme);
            scrolled(body, buffer, view, &lines);
        }
        None => match view.list() {
            Some(list) => table::draw(body, buffer, state, view, &list, theme),
            None => waits::draw(body, buffer, state, view, theme),
        },
    }
    put(
        buffer,
        line(area.height - 1),
        &keys(view, area.width, theme),
    );
}

/// Lines of which only a part fits.
fn scrolled(area: Rect, buffer: &mut Buffer, view: &mut View, lines: &[Line<'_>]) {
    let height = usize::from(area.height);
    view.height = height.max(1);
    view.scroll = view.scroll.min(lines.len().saturating_sub(height));
    let shown = lines.iter().skip(view.scroll);
    for (y, line) in (area.top()..area.bottom()).zip(shown) {
        put(
            buffer,
            Rect {
                y,
                height: 1,
                ..area
            },
            line,
        );
    }
}

/// Puts a line of text into an area of one line.
fn put(buffer: &mut Buffer, area: Rect, line: &Line<'_>) {
    buffer.set_line(area.x, area.y, line, area.width);
}

fn tabs(area: Rect, buffer: &mut Buffer, state: &TopState, view: &mut View, theme: Theme) {
    let mut spans: Vec<Span<'_>> = Vec::new();
    let mut x = area.x;
    let mut places = Vec::new();
    for (number, tab) in (1..).zip(Tab::ALL) {
        let title = format!(" {number} {} ", tab.title());
        let width = columns(&title) as u16;
        places.push((x, width));
        x += width;
        let style = match tab == view.tab {
            true => theme.chosen().add_modifier(Modifier::BOLD),
            false => Style::new(),
        };
        spans.push(Span::styled(title, style));
    }
    view.places.tabs = (area.y, places);
    let mut notes: Vec<(String, Style)> = Vec::new();
    if !view.filter.is_empty() {
        notes.push((format!("/{}", clean(&view.filter)), theme.warn()));
    }
    if view.which != Which::All {
        notes.push((view.which.as_str().to_owned(), theme.warn()));
    }
    if let Some(list) = view.list() {
        notes.push((
            match &list {
                List::Groups => "by coroutine".to_owned(),
                List::Tasks(None) => "one by one".to_owned(),
                List::Tasks(Some(group)) => format!("of {}", super::words::group_label(group)),
                List::Threads | List::Resources => String::new(),
            },
            theme.dim(),
        ));
    }
    if state.rejected > 0 && view.tab == Tab::Tasks {
        let text = format!(
            "{} changed while read",
            super::words::grouped(state.rejected)
        );
        notes.push((text, theme.dim()));
    }
    notes.retain(|(text, _)| !text.is_empty());
    for (text, style) in notes {
        spans.push(Span::raw("  "));
        spans.push(Span::styled(text, style));
    }
    put(buffer, area, &Line::from(spans));
}

/// The last line: the keys, or the filter that is being typed.
fn keys(view: &View, width: u16, theme: Theme) -> Line<'static> {
    if view.typing {
        return Line::from(vec![
            Span::styled("filter: ", theme.title()),
            Span::raw(clean(&view.filter).into_owned()),
            Span::styled(" ", theme.chosen()),
            Span::styled("  Enter keeps it, Esc clears it", theme.dim()),
        ]);
    }
    let keys: &[(&str, &str)] = match (view.pages.last(), &view.group) {
        (Some(_), _) => &[
            ("Esc", "back"),
            ("jk", "scroll"),
            ("space", "pause"),
            ("q", "quit"),
        ],
        (None, Some(_)) => &[
            ("Esc", "back"),
            ("Enter", "open"),
            ("s", "sort"),
            ("/", "filter"),
            ("?", "help"),
            ("q", "quit"),
        ],
        (None, None) => &[
            ("q", "quit"),
            ("t", "next"),
            ("Enter", "open"),
            ("s", "sort"),
            ("/", "filter"),
            ("a", "one by one"),
            ("?", "help"),
            ("g", "waits"),
            ("w", "which"),
            ("space", "pause"),
            ("+-", "rate"),
            ("r", "reset"),
        ],
    };
    let mut line = Line::default();
    for (key, what) in keys {
        let what = format!(" {what}  ");
        if line.width() + columns(key) + columns(what.trim_end()) > usize::from(width) {
            break;
        }
        line.push_span(Span::styled((*key).to_owned(), theme.title()));
        line.push_span(Span::raw(what));
    }
    line
}
