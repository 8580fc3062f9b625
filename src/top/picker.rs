//! The choice of a process.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::draw::Theme;
use super::keys::Action;
use crate::plain_text::{clean, columns, cut};

/// A process that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its process id.
    pub pid: u32,
    /// The name of its user.
    pub user: String,
    /// Its command line.
    pub command: String,
    /// Whether it can be read.
    pub readable: bool,
}

/// What the choice ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// This process.
    Process(u32),
    /// None.
    Nothing,
    /// The list is to be made again.
    Again,
}

/// The list of processes, and which one is chosen.
#[derive(Debug, Clone, Default)]
pub struct Picker {
    choices: Vec<Choice>,
    filter: String,
    /// Whether the filter is being typed.
    pub typing: bool,
    selected: usize,
    top: usize,
    height: usize,
}

/// Lines above the rows.
const HEAD: u16 = 2;

impl Picker {
    /// A list of these processes. The one that was chosen stays chosen.
    pub fn set(&mut self, choices: Vec<Choice>) {
        let pid = self.chosen().map(|choice| choice.pid);
        self.choices = choices;
        let same = self.shown().iter().position(|it| Some(it.pid) == pid);
        self.selected = same.unwrap_or(self.selected);
    }

    /// The processes that contain the filter.
    fn shown(&self) -> Vec<&Choice> {
        let filter = self.filter.to_lowercase();
        let is_shown = |choice: &&Choice| {
            let text = format!("{} {} {}", choice.pid, choice.user, choice.command);
            text.to_lowercase().contains(&filter)
        };
        self.choices.iter().filter(is_shown).collect()
    }

    fn chosen(&self) -> Option<&Choice> {
        self.shown().get(self.selected).copied()
    }

    /// What a key does. `None` if the choice goes on.
    pub fn apply(&mut self, action: Action) -> Option<Picked> {
        let rows = i32::try_from(self.height).unwrap_or(1);
        match action {
            Action::Quit => return Some(Picked::Nothing),
            Action::Back if self.typing || !self.filter.is_empty() => {
                self.typing = false;
                self.filter.clear();
            }
            Action::Back => return Some(Picked::Nothing),
            Action::Reset => return Some(Picked::Again),
            Action::Open => {
                let chosen = self.chosen();
                return chosen.map(|choice| Picked::Process(choice.pid));
            }
            Action::Filter => self.typing = true,
            Action::Type(letter) => {
                self.filter.push(letter);
                self.selected = 0;
            }
            Action::Erase => drop(self.filter.pop()),
            Action::Accept => {
                self.typing = false;
                if let [only] = self.shown()[..] {
                    return Some(Picked::Process(only.pid));
                }
            }
            Action::Move(rows) => self.step(rows),
            Action::Page(pages) => self.step(pages * rows),
            Action::First => self.step(i32::MIN),
            Action::Last => self.step(i32::MAX),
            Action::Click(_, y) if y >= HEAD => {
                let row = self.top + usize::from(y - HEAD);
                if row == self.selected {
                    return self.apply(Action::Open);
                }
                if row < self.shown().len() {
                    self.selected = row;
                }
            }
            _ => {}
        }
        None
    }

    fn step(&mut self, rows: i32) {
        let last = self.shown().len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows as isize).min(last);
    }

    /// Draws the list.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, theme: Theme) {
        let width = usize::from(area.width);
        let mut put = |y: u16, text: Line<'_>| {
            if y < area.height {
                buffer.set_line(area.x, area.y + y, &text, area.width);
            }
        };
        put(0, Line::styled("Which Python process?", theme.title()));
        self.height = usize::from(area.height.saturating_sub(HEAD + 1)).max(1);
        let shown = self.shown();
        let selected = self.selected.min(shown.len().saturating_sub(1));
        let lowest = (selected + 1).saturating_sub(self.height);
        let top = self.top.clamp(lowest, selected.max(lowest));
        let user = shown.iter().map(|it| columns(&it.user)).max().unwrap_or(0);
        let user = user.clamp(4, 16);
        put(
            1,
            Line::styled(
                format!("{:>8}  {:user$}  COMMAND", "PID", "USER"),
                theme.strong(),
            ),
        );
        if shown.is_empty() {
            let text = match self.choices.is_empty() {
                true => "no Python process is running on this machine",
                false => "no process contains the filter",
            };
            put(HEAD, Line::styled(text, theme.dim()));
        }
        for (y, (at, choice)) in (HEAD..).zip(shown.iter().enumerate().skip(top).take(self.height))
        {
            let name = clean(&choice.user).into_owned();
            let name = cut(&name, user).into_owned();
            let gap = " ".repeat(user.saturating_sub(columns(&name)));
            let denied = match choice.readable {
                true => "",
                false => "(may not be read) ",
            };
            let text = format!(
                "{:>8}  {name}{gap}  {denied}{}",
                choice.pid,
                clean(&choice.command)
            );
            let style = match (at == selected, choice.readable) {
                (true, _) => theme.chosen(),
                (false, true) => ratatui::style::Style::new(),
                (false, false) => theme.dim(),
            };
            put(y, Line::styled(cut(&text, width).into_owned(), style));
        }
        let keys = match self.typing {
            true => format!("filter: {}", clean(&self.filter)),
            false => "Enter looks at it  jk move  / filter  r again  q quit".to_owned(),
        };
        put(
            area.height.saturating_sub(1),
            Line::styled(keys, theme.dim()),
        );
        (self.selected, self.top) = (selected, top);
    }
}
