//! What a click of the mouse changes of the view.

use super::state::TopState;
use super::view::{Tab, View};

impl View {
    /// The mouse was pressed at this place.
    pub(super) fn click(&mut self, x: u16, y: u16, state: &TopState) {
        let within = |from: u16, width: u16| (from..from.saturating_add(width)).contains(&x);
        let (tabs, titles, rows) = (&self.places.tabs, &self.places.titles, self.places.rows);
        if y == tabs.0
            && let Some(tab) = tabs
                .1
                .iter()
                .position(|(from, width)| within(*from, *width))
        {
            return self.open_tab(Tab::ALL.get(tab).copied().unwrap_or_default());
        }
        if !self.pages.is_empty() {
            return;
        }
        if y == titles.0
            && let Some((column, ..)) = (titles.1.iter()).find(|(_, x, width)| within(*x, *width))
            && let Some(list) = self.list()
        {
            let column = *column;
            return match self.order(&list).column == column {
                true => self.reverse(),
                false => self.sort_by(list, column),
            };
        }
        if y >= rows.0 && y - rows.0 < rows.1 {
            let row = self.top + usize::from(y - rows.0);
            let keys = self.keys(state);
            let again = self.key.is_some() && keys.get(row) == self.key.as_ref();
            if row < keys.len() {
                self.selected = row;
                self.key = keys.into_iter().nth(row);
                if again {
                    self.open_row(state);
                }
            }
        }
    }
}
