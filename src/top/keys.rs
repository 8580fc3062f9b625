//! What keys and the mouse do.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// To end.
    Quit,
    /// To stop looking, or to go on.
    Pause,
    /// To order by the next column.
    SortNext,
    /// To order by the column before.
    SortPrevious,
    /// The other way round.
    Reverse,
    /// To type a filter.
    Filter,
    /// A letter of the filter.
    Type(char),
    /// The last letter of the filter away.
    Erase,
    /// The filter is done.
    Accept,
    /// The next list: tasks, threads, resources, waits.
    NextTab,
    /// The list before.
    PreviousTab,
    /// This list, from 0.
    Tab(usize),
    /// Tasks one by one, or grouped.
    OneByOne,
    /// To see more of the row.
    Open,
    /// Back.
    Back,
    /// To forget the past.
    Reset,
    /// More looks a second.
    Faster,
    /// Fewer looks a second.
    Slower,
    /// All, those that wait, those that run.
    Which,
    /// The tree of waits.
    Waits,
    /// The help.
    Help,
    /// A row up or down.
    Move(i32),
    /// A page up or down.
    Page(i32),
    /// The first row.
    First,
    /// The last row.
    Last,
    /// The mouse was pressed at this place.
    Click(u16, u16),
    /// To draw all again.
    Redraw,
    /// To go to the background.
    Suspend,
}

/// How many rows a turn of the wheel is.
const WHEEL: i32 = 3;

/// What an event means. `typing`: whether a filter is being typed. `None` if it means nothing.
pub fn action(event: &Event, typing: bool) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => match typing {
            true => typed(*key),
            false => pressed(*key),
        },
        Event::Mouse(mouse) => of_mouse(*mouse),
        Event::Resize(..) => Some(Action::Redraw),
        _ => None,
    }
}

fn pressed(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return with_control(key.code);
    }
    Some(match key.code {
        KeyCode::Char('q') => Action::Quit,
        KeyCode::Char(' ' | 'p') => Action::Pause,
        KeyCode::Char('s') => Action::SortNext,
        KeyCode::Char('S') => Action::SortPrevious,
        KeyCode::Char('i') => Action::Reverse,
        KeyCode::Char('/') => Action::Filter,
        KeyCode::Char('t') | KeyCode::Tab => Action::NextTab,
        KeyCode::BackTab => Action::PreviousTab,
        KeyCode::Char(digit @ '1'..='4') => Action::Tab(digit as usize - '1' as usize),
        KeyCode::Char('a') => Action::OneByOne,
        KeyCode::Enter | KeyCode::Right => Action::Open,
        KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => Action::Back,
        KeyCode::Char('r') => Action::Reset,
        KeyCode::Char('+' | '=') => Action::Faster,
        KeyCode::Char('-' | '_') => Action::Slower,
        KeyCode::Char('w') => Action::Which,
        KeyCode::Char('g') => Action::Waits,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Action::Help,
        KeyCode::Char('k') | KeyCode::Up => Action::Move(-1),
        KeyCode::Char('j') | KeyCode::Down => Action::Move(1),
        KeyCode::PageUp => Action::Page(-1),
        KeyCode::PageDown => Action::Page(1),
        KeyCode::Home => Action::First,
        KeyCode::End | KeyCode::Char('G') => Action::Last,
        _ => return None,
    })
}

fn with_control(code: KeyCode) -> Option<Action> {
    match code {
        KeyCode::Char('c') => Some(Action::Quit),
        KeyCode::Char('l') => Some(Action::Redraw),
        KeyCode::Char('z') => Some(Action::Suspend),
        KeyCode::Char('d' | 'f') => Some(Action::Page(1)),
        KeyCode::Char('u' | 'b') => Some(Action::Page(-1)),
        _ => None,
    }
}

fn typed(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('h') => Some(Action::Erase),
            code => with_control(code),
        };
    }
    match key.code {
        KeyCode::Char(letter) => Some(Action::Type(letter)),
        KeyCode::Backspace => Some(Action::Erase),
        KeyCode::Enter => Some(Action::Accept),
        KeyCode::Esc => Some(Action::Back),
        KeyCode::Up => Some(Action::Move(-1)),
        KeyCode::Down => Some(Action::Move(1)),
        _ => None,
    }
}

fn of_mouse(mouse: MouseEvent) -> Option<Action> {
    match mouse.kind {
        MouseEventKind::ScrollUp => Some(Action::Move(-WHEEL)),
        MouseEventKind::ScrollDown => Some(Action::Move(WHEEL)),
        MouseEventKind::Down(MouseButton::Left) => Some(Action::Click(mouse.column, mouse.row)),
        MouseEventKind::Down(MouseButton::Right) => Some(Action::Back),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn keys_are_those_that_users_know() {
        for (code, wanted) in [
            (KeyCode::Char('q'), Action::Quit),
            (KeyCode::Char(' '), Action::Pause),
            (KeyCode::Char('s'), Action::SortNext),
            (KeyCode::Char('S'), Action::SortPrevious),
            (KeyCode::Char('/'), Action::Filter),
            (KeyCode::Char('t'), Action::NextTab),
            (KeyCode::Char('3'), Action::Tab(2)),
            (KeyCode::Enter, Action::Open),
            (KeyCode::Esc, Action::Back),
            (KeyCode::Char('r'), Action::Reset),
            (KeyCode::Char('+'), Action::Faster),
            (KeyCode::Char('-'), Action::Slower),
            (KeyCode::Char('w'), Action::Which),
            (KeyCode::Char('g'), Action::Waits),
            (KeyCode::Char('?'), Action::Help),
            (KeyCode::Char('j'), Action::Move(1)),
            (KeyCode::Up, Action::Move(-1)),
        ] {
            assert_eq!(action(&key(code), false), Some(wanted), "{code:?}");
        }
        assert_eq!(action(&key(KeyCode::Char('y')), false), None);
    }

    #[test]
    fn letters_go_into_the_filter_while_it_is_typed() {
        for letter in ['q', ' ', 'ä', '?'] {
            assert_eq!(
                action(&key(KeyCode::Char(letter)), true),
                Some(Action::Type(letter))
            );
        }
        assert_eq!(action(&key(KeyCode::Enter), true), Some(Action::Accept));
        assert_eq!(action(&key(KeyCode::Esc), true), Some(Action::Back));
        let end = Event::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        for typing in [true, false] {
            assert_eq!(action(&end, typing), Some(Action::Quit));
        }
    }

    #[test]
    fn the_mouse_selects_and_scrolls() {
        let mouse = |kind| {
            Event::Mouse(MouseEvent {
                kind,
                column: 7,
                row: 9,
                modifiers: KeyModifiers::NONE,
            })
        };
        let pressed = mouse(MouseEventKind::Down(MouseButton::Left));
        assert_eq!(action(&pressed, false), Some(Action::Click(7, 9)));
        let wheel = mouse(MouseEventKind::ScrollDown);
        assert_eq!(action(&wheel, false), Some(Action::Move(WHEEL)));
        assert_eq!(action(&mouse(MouseEventKind::Moved), false), None);
    }
}
