//! The tree of waits.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Theme, put};
use crate::top::state::TopState;
use crate::top::view::View;
use crate::top::waits::Node;
use crate::top::words::grouped;

/// Draws the tree, with a line of explanation first.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &TopState,
    view: &mut View,
    theme: Theme,
) {
    let title = "WHO IS WAITED FOR, most waiters first; below each, those that wait for it";
    put(buffer, area, &Line::styled(title, theme.title()));
    let keys = view.keys(state);
    let nodes = view.nodes(state);
    let height = area.height.saturating_sub(1);
    view.settle(&keys, usize::from(height));
    view.places.rows = (area.y + 1, height);
    if nodes.is_empty() {
        let line = Rect {
            y: area.y + 1,
            ..area
        };
        let text = match view.filter.is_empty() {
            true => "no task or thread waits for another",
            false => "nothing here contains the filter (Esc clears it)",
        };
        put(buffer, line, &Line::styled(text, theme.dim()));
        return;
    }
    let nodes: Vec<&Node> = nodes
        .iter()
        .filter_map(|node| state.waits.get(*node))
        .collect();
    let branches = branches(nodes.iter().map(|node| node.depth));
    let shown = nodes.iter().zip(&branches).enumerate().skip(view.top);
    for (y, (at, (node, branch))) in (area.y + 1..area.bottom()).zip(shown) {
        let line = Rect {
            y,
            height: 1,
            ..area
        };
        put(buffer, line, &text(node, branch, theme));
        if at == view.selected {
            buffer.set_style(line, theme.chosen());
        }
    }
}

/// The branch before each line of the tree, from the depths of the lines.
fn branches(depths: impl DoubleEndedIterator<Item = usize>) -> Vec<String> {
    // Whether another line of this depth follows below the same one, for each depth but 0.
    let mut follows: Vec<bool> = Vec::new();
    let mut branches: Vec<String> = depths
        .rev()
        .map(|depth| {
            let Some(own) = depth.checked_sub(1) else {
                follows.clear();
                return String::new();
            };
            follows.resize(depth, false);
            let mut branch: String = follows[..own]
                .iter()
                .map(|follows| if *follows { "│ " } else { "  " })
                .collect();
            branch.push_str(if follows[own] { "├ " } else { "└ " });
            follows[own] = true;
            branch
        })
        .collect();
    branches.reverse();
    branches
}

fn text(node: &Node, branch: &str, theme: Theme) -> Line<'static> {
    let style = match node.depth {
        0 => theme.strong(),
        _ => Style::new(),
    };
    let mut spans = vec![
        Span::styled(branch.to_owned(), theme.dim()),
        Span::styled(node.label.clone(), style),
    ];
    if let Some(via) = node.via {
        spans.push(Span::styled(format!(" ({via})"), theme.dim()));
    }
    if node.is_cycle {
        spans.push(Span::styled("  waits for itself: a cycle", theme.bad()));
        return Line::from(spans);
    }
    if node.behind > 0 {
        let wait = if node.behind == 1 { "waits" } else { "wait" };
        let text = format!("  {} {wait} for it", grouped(node.behind));
        spans.push(Span::styled(text, theme.warn()));
    }
    if node.more > 0 {
        let text = format!("  and {} more like it", grouped(node.more));
        spans.push(Span::styled(text, theme.dim()));
    }
    if !node.what.is_empty() {
        spans.push(Span::styled(format!("  {}", node.what), theme.dim()));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_lead_to_the_last_line_below_each_other() {
        let found = branches([0, 1, 2, 3, 2, 1, 0, 1, 2].into_iter());
        assert_eq!(
            found,
            ["", "├ ", "│ ├ ", "│ │ └ ", "│ └ ", "└ ", "", "└ ", "  └ "]
        );
    }
}
