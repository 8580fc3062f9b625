//! The columns of the tables, and which of them fit.

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// Name of a task, thread or resource.
    Name,
    /// Coroutine of a group.
    Coroutine,
    /// How many tasks.
    Count,
    /// By how many it has grown in the last minute.
    Growth,
    /// What it does.
    State,
    /// What it waits for.
    WaitsFor,
    /// Who holds that, or the peer.
    Holder,
    /// For how long.
    Lasted,
    /// Part of the looks at which it ran.
    Runs,
    /// Steps a second.
    Steps,
    /// 99 of 100 steps that were met were no longer.
    P99,
    /// Where it is.
    Line,
    /// Id of a thread.
    Tid,
    /// Whether it holds the GIL.
    Gil,
    /// Part of a processor.
    Cpu,
    /// The task or loop of a thread.
    Of,
    /// How a resource is used.
    Use,
    /// How many wait for it.
    Waiters,
    /// The most that did.
    Most,
    /// Who holds it.
    Holders,
    /// For how long.
    Held,
    /// The longest time.
    Longest,
}

/// How a column is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The column.
    pub column: Column,
    /// Its title.
    pub title: &'static str,
    /// Its least width.
    pub width: u16,
    /// How much of the room that is left it gets, in parts. 0: its width is fixed.
    pub grows: u16,
    /// Whether its text is at the right.
    pub right: bool,
}

const fn fixed(column: Column, title: &'static str, width: u16) -> Layout {
    Layout {
        column,
        title,
        width,
        grows: 0,
        right: true,
    }
}

const fn text(column: Column, title: &'static str, width: u16, grows: u16) -> Layout {
    Layout {
        column,
        title,
        width,
        grows,
        right: false,
    }
}

/// The columns of tasks one by one, in their order on the screen.
pub const TASKS: [Layout; 9] = [
    text(Column::Name, "TASK", 12, 3),
    text(Column::State, "STATE", 7, 0),
    text(Column::WaitsFor, "WAITS FOR", 16, 5),
    text(Column::Holder, "HOLDER/PEER", 11, 2),
    fixed(Column::Lasted, "FOR", 8),
    fixed(Column::Runs, "RUNS", 5),
    fixed(Column::Steps, "STEPS/S", 7),
    fixed(Column::P99, "P99 STEP", 8),
    text(Column::Line, "LINE", 16, 4),
];

/// The columns of groups of tasks.
pub const GROUPS: [Layout; 10] = [
    text(Column::Coroutine, "COROUTINE", 14, 5),
    fixed(Column::Count, "TASKS", 6),
    fixed(Column::Growth, "GROWTH", 6),
    text(Column::State, "STATE", 9, 2),
    text(Column::WaitsFor, "MOST WAIT FOR", 18, 5),
    fixed(Column::Lasted, "LONGEST", 8),
    fixed(Column::Runs, "RUNS", 5),
    fixed(Column::Steps, "STEPS/S", 7),
    fixed(Column::P99, "P99 STEP", 8),
    text(Column::Line, "LINE", 18, 4),
];

/// The columns of threads.
pub const THREADS: [Layout; 9] = [
    text(Column::Name, "THREAD", 12, 3),
    fixed(Column::Tid, "TID", 7),
    text(Column::State, "STATE", 9, 0),
    text(Column::Gil, "GIL", 4, 0),
    fixed(Column::Cpu, "CPU", 5),
    text(Column::WaitsFor, "WAITS FOR", 14, 4),
    fixed(Column::Lasted, "FOR", 8),
    text(Column::Of, "TASK/LOOP", 9, 2),
    text(Column::Line, "LINE", 16, 4),
];

/// The columns of resources.
pub const RESOURCES: [Layout; 7] = [
    text(Column::Name, "RESOURCE", 16, 4),
    text(Column::Use, "USE", 14, 3),
    fixed(Column::Waiters, "WAIT", 6),
    fixed(Column::Most, "MOST", 6),
    text(Column::Holders, "HELD BY", 14, 3),
    fixed(Column::Held, "FOR", 8),
    fixed(Column::Longest, "LONGEST", 8),
];

/// In which order columns are left out where they do not fit.
const LEAST: [Column; 14] = [
    Column::Most,
    Column::Longest,
    Column::Tid,
    Column::Runs,
    Column::Of,
    Column::P99,
    Column::Holder,
    Column::Gil,
    Column::Line,
    Column::Steps,
    Column::Growth,
    Column::Held,
    Column::State,
    Column::Lasted,
];

/// A column that fits, with its place.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// How it is laid out.
    pub layout: Layout,
    /// Where it begins.
    pub x: u16,
    /// How wide it is.
    pub width: u16,
}

/// The columns that fit into `width`, from `x` on.
pub fn place(all: &[Layout], x: u16, width: u16) -> Vec<Placed> {
    let mut columns: Vec<Layout> = all.to_vec();
    let needed = |columns: &[Layout]| -> u16 {
        let widths: u16 = columns.iter().map(|it| it.width).sum();
        widths + columns.len().saturating_sub(1) as u16
    };
    for least in LEAST {
        if needed(&columns) <= width {
            break;
        }
        columns.retain(|it| it.column != least);
    }
    let mut left = width.saturating_sub(needed(&columns));
    let mut parts: u16 = columns.iter().map(|it| it.grows).sum();
    let mut at = x;
    let mut placed = Vec::new();
    for layout in columns {
        let more = match parts {
            0 => 0,
            parts => (u32::from(left) * u32::from(layout.grows) / u32::from(parts)) as u16,
        };
        (left, parts) = (left - more, parts - layout.grows);
        let end = x + width;
        let width = (layout.width + more).min(end.saturating_sub(at));
        placed.push(Placed {
            layout,
            x: at,
            width,
        });
        at += width + 1;
    }
    placed.retain(|it| it.width > 0);
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_any_width() {
        for all in [&TASKS[..], &GROUPS, &THREADS, &RESOURCES] {
            for width in 0..300 {
                let placed = place(all, 0, width);
                let end = placed.last().map_or(0, |last| last.x + last.width);
                assert!(end <= width, "{width}: {placed:?}");
                assert!(width < 60 || placed.len() >= 4, "{width}: {placed:?}");
            }
            assert_eq!(place(all, 0, 160).len(), all.len());
        }
    }

    #[test]
    fn room_that_is_left_goes_to_texts() {
        let placed = place(&TASKS, 0, 160);
        let last = placed.last().unwrap();
        assert_eq!(last.x + last.width, 160);
    }
}
