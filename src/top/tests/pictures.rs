//! Pictures as text.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;

use super::programs::{bank, busy, watched};
use crate::top::{Action, Choice, Picker, Theme, TopState, View, draw};

fn picture(state: &TopState, view: &mut View, width: u16, height: u16, theme: Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let drawn = terminal.draw(|frame| {
        let area = frame.area();
        draw(area, frame.buffer_mut(), state, view, theme);
    });
    drawn.unwrap().buffer.clone()
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let mut lines = Vec::new();
    for row in buffer.content.chunks(width) {
        let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n").trim_end().to_owned()
}

/// The screen after these actions.
fn screen(state: &TopState, actions: &[Action], width: u16, height: u16) -> String {
    let theme = Theme { colours: true };
    let mut view = View::new(1.0);
    picture(state, &mut view, width, height, theme);
    for action in actions {
        view.apply(*action, state);
        picture(state, &mut view, width, height, theme);
    }
    text(&picture(state, &mut view, width, height, theme))
}

#[test]
fn print_all() {
    let state = watched();
    for (w,h) in [(120,40),(80,24),(60,12)] {
        for a in [&[][..], &[Action::OneByOne], &[Action::Tab(1)], &[Action::Tab(2)], &[Action::Waits], &[Action::Open, Action::Open], &[Action::Tab(1),Action::Open], &[Action::Tab(2),Action::Open], &[Action::Help]] {
            println!("=== {w}x{h} {a:?}\n{}", screen(&state, a, w, h));
        }
    }
}
