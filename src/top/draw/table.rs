//! A list as a table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Theme;
use crate::model::{TaskState, ThreadState};
use crate::plain_text::{columns, cut};
use crate::top::columns::{Column, Placed, place};
use crate::top::rows::{Key, List, Row};
use crate::top::state::TopState;
use crate::top::view::View;

/// Draws the list, its titles first.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &TopState,
    view: &mut View,
    list: &List,
    theme: Theme,
) {
    let placed = place(list.columns(), area.x, area.width);
    titles(area, buffer, view, list, &placed, theme);
    let rows = view.rows(list, state);
    let keys: Vec<Key> = rows.iter().map(Row::key).collect();
    let height = area.height.saturating_sub(1);
    view.settle(&keys, usize::from(height));
    view.places.rows = (area.y + 1, height);
    if rows.is_empty() {
        let text = nothing(list, view);
        buffer.set_stringn(
            area.x,
            area.y + 1,
            text,
            usize::from(area.width),
            theme.dim(),
        );
        return;
    }
    let shown = rows.iter().enumerate().skip(view.top);
    for (y, (at, row)) in (area.y + 1..area.bottom()).zip(shown) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        for column in &placed {
            let text = row.cell(column.layout.column, state);
            cell(
                buffer,
                y,
                column,
                &text,
                style(row, column.layout.column, theme),
            );
        }
        if row.has_ended() {
            buffer.set_style(line, theme.dim());
        }
        if at == view.selected {
            buffer.set_style(line, theme.chosen());
        }
    }
}

fn nothing(list: &List, view: &View) -> &'static str {
    if !view.filter.is_empty() {
        return "nothing here contains the filter (Esc clears it)";
    }
    match list {
        List::Groups | List::Tasks(_) => "no task",
        List::Threads => "no thread",
        List::Resources => "no task or thread waits for a lock, pool, queue or the like",
    }
}

fn titles(
    area: Rect,
    buffer: &mut Buffer,
    view: &mut View,
    list: &List,
    placed: &[Placed],
    theme: Theme,
) {
    let order = view.order(list);
    for column in placed {
        let sorted = order.column == column.layout.column;
        let arrow = match (sorted, order.reversed) {
            (false, _) => "",
            (true, false) => "▾",
            (true, true) => "▴",
        };
        // The arrow takes the place of a letter where there is no other.
        let room = usize::from(column.width).saturating_sub(columns(arrow));
        let title = format!("{}{arrow}", cut(column.layout.title, room));
        cell(buffer, area.y, column, &title, theme.title());
    }
    let place = |it: &Placed| (it.layout.column, it.x, it.width + 1);
    view.places.titles = (area.y, placed.iter().map(place).collect());
}

fn cell(buffer: &mut Buffer, y: u16, column: &Placed, text: &str, style: Style) {
    let width = usize::from(column.width);
    let text = cut(text, width);
    let free = width.saturating_sub(columns(&text));
    let x = match column.layout.right {
        true => column.x + free as u16,
        false => column.x,
    };
    buffer.set_stringn(x, y, text, width, style);
}

fn style(row: &Row<'_>, column: Column, theme: Theme) -> Style {
    match (row, column) {
        (Row::Task(entry), Column::State) => match entry.task.state {
            TaskState::Running => theme.good(),
            TaskState::Ready => theme.warn(),
            TaskState::Waiting | TaskState::Done => Style::new(),
        },
        (Row::Thread(entry), Column::State) => match entry.thread.state {
            ThreadState::Running => theme.good(),
            ThreadState::WaitingGil => theme.warn(),
            ThreadState::Blocked | ThreadState::Unknown => Style::new(),
        },
        (_, Column::Name | Column::Coroutine) => theme.strong(),
        (_, Column::Line) => theme.dim(),
        _ => Style::new(),
    }
}
