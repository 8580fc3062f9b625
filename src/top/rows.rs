//! The rows of the tables: which there are, in which order, and the text of each cell.

use std::borrow::Cow;
use std::cmp::Ordering;

use arcstr::ArcStr;

use super::cells;
use super::columns::{Column, GROUPS, Layout, RESOURCES, TASKS, THREADS};
use super::groups::{Group, groups};
use super::recent::Lengths;
use super::resources::ResourceEntry;
use super::state::TopState;
use super::tasks::TaskEntry;
use super::threads::ThreadEntry;
use crate::model::{ItemId, TaskState, ThreadState};

/// Which row it is, from look to look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A task, thread or resource.
    Item(ItemId),
    /// All tasks of a coroutine.
    Group(ArcStr),
    /// A line of the tree of waits that stands for several items.
    Line(usize),
}

/// What a table lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// Coroutines.
    Groups,
    /// Tasks; with a coroutine, only its.
    Tasks(Option<ArcStr>),
    /// Threads.
    Threads,
    /// Resources.
    Resources,
}

/// Which tasks and threads are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Which {
    /// All.
    #[default]
    All,
    /// Those that wait.
    Waiting,
    /// Those that run or can.
    Active,
}

/// How rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// By which column.
    pub column: Column,
    /// Whether the other way round.
    pub reversed: bool,
}

/// One row.
#[derive(Debug, Clone)]
pub enum Row<'a> {
    /// A task.
    Task(&'a TaskEntry),
    /// All tasks of a coroutine.
    Group(Group<'a>),
    /// A thread.
    Thread(&'a ThreadEntry),
    /// A resource.
    Resource(&'a ResourceEntry),
}

/// What rows are ordered by.
#[derive(Debug, PartialEq)]
enum Rank<'a> {
    /// Greater ones come first.
    Number(f64),
    /// In the order of the alphabet, empty ones last.
    Text(Cow<'a, str>),
}

impl List {
    /// Its columns.
    pub const fn columns(&self) -> &'static [Layout] {
        match self {
            Self::Groups => &GROUPS,
            Self::Tasks(_) => &TASKS,
            Self::Threads => &THREADS,
            Self::Resources => &RESOURCES,
        }
    }

    /// The order of its rows before the user chooses one.
    pub const fn order(&self) -> Order {
        let column = match self {
            Self::Groups => Column::Count,
            Self::Tasks(_) => Column::Lasted,
            Self::Threads => Column::Cpu,
            Self::Resources => Column::Waiters,
        };
        Order {
            column,
            reversed: false,
        }
    }

    /// Its rows that contain `filter`, which is in lower case.
    pub fn rows<'a>(
        &self,
        state: &'a TopState,
        filter: &str,
        which: Which,
        order: Order,
    ) -> Vec<Row<'a>> {
        let of_task = |entry: &TaskEntry| which.has_task(entry) && entry.search.contains(filter);
        let mut rows: Vec<Row<'a>> = match self {
            Self::Groups => groups(state, &of_task)
                .into_iter()
                .map(Row::Group)
                .collect(),
            Self::Tasks(coroutine) => {
                let all = state.tasks.all().filter(|entry| of_task(entry));
                let of_group = |entry: &&TaskEntry| match coroutine {
                    Some(coroutine) => entry.task.coroutine == *coroutine,
                    None => true,
                };
                all.filter(of_group).map(Row::Task).collect()
            }
            Self::Threads => {
                let all = state.threads.all();
                all.filter(|entry| which.has_thread(entry) && entry.search.contains(filter))
                    .map(Row::Thread)
                    .collect()
            }
            Self::Resources => {
                let all = state.resources.all();
                all.filter(|entry| entry.search.contains(filter))
                    .map(Row::Resource)
                    .collect()
            }
        };
        sort(&mut rows, state, order);
        rows
    }
}

impl Which {
    /// The one after it.
    pub const fn next(self) -> Self {
        match self {
            Self::All => Self::Waiting,
            Self::Waiting => Self::Active,
            Self::Active => Self::All,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::Active => "running or ready",
        }
    }

    fn has_task(self, entry: &TaskEntry) -> bool {
        match self {
            Self::All => true,
            Self::Waiting => entry.task.state == TaskState::Waiting,
            Self::Active => matches!(entry.task.state, TaskState::Running | TaskState::Ready),
        }
    }

    fn has_thread(self, entry: &ThreadEntry) -> bool {
        match self {
            Self::All => true,
            Self::Waiting => entry.thread.state == ThreadState::Blocked,
            Self::Active => entry.thread.state != ThreadState::Blocked,
        }
    }
}

fn sort(rows: &mut Vec<Row<'_>>, state: &TopState, order: Order) {
    let mut ranked: Vec<(Rank<'_>, String, Row<'_>)> = std::mem::take(rows)
        .into_iter()
        .map(|row| (row.rank(order.column, state), row.tie(), row))
        .collect();
    ranked.sort_by(|a, b| {
        let first = a.0.compare(&b.0);
        let first = if order.reversed {
            first.reverse()
        } else {
            first
        };
        first.then_with(|| a.1.cmp(&b.1))
    });
    *rows = ranked.into_iter().map(|(_, _, row)| row).collect();
}

impl Rank<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => b.total_cmp(a),
            (Self::Text(a), Self::Text(b)) => (a.is_empty(), a).cmp(&(b.is_empty(), b)),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// What is less than all numbers.
const NONE: f64 = f64::NEG_INFINITY;

impl<'a> Row<'a> {
    /// Which row it is.
    pub fn key(&self) -> Key {
        match self {
            Self::Task(entry) => Key::Item(entry.task.id),
            Self::Group(group) => Key::Group(group.coroutine.clone()),
            Self::Thread(entry) => Key::Item(entry.thread.id),
            Self::Resource(entry) => Key::Item(entry.resource.id),
        }
    }

    /// Whether it ended a moment ago.
    pub fn has_ended(&self) -> bool {
        match self {
            Self::Task(entry) => entry.ended_s.is_some(),
            Self::Group(group) => group.counts.all() == 0,
            Self::Thread(entry) => entry.ended_s.is_some(),
            Self::Resource(_) => false,
        }
    }

    /// The text of a cell.
    pub fn cell(&self, column: Column, state: &TopState) -> String {
        match self {
            Self::Task(entry) => cells::task(entry, column, state),
            Self::Group(group) => cells::of_group(group, column, state),
            Self::Thread(entry) => cells::thread(entry, column),
            Self::Resource(entry) => cells::resource(entry, column),
        }
    }

    /// What decides where the column does not.
    fn tie(&self) -> String {
        match self {
            Self::Task(entry) => format!("{:?}", entry.task.id),
            Self::Group(group) => group.coroutine.to_string(),
            Self::Thread(entry) => format!("{:020}", entry.thread.native_id),
            Self::Resource(entry) => entry.title.clone(),
        }
    }

    fn rank(&self, column: Column, state: &TopState) -> Rank<'a> {
        let now_s = state.now_s;
        let p99 = |lengths: Option<&Lengths>| lengths.and_then(|it| it.percentile(0.99));
        let number = |number: Option<f64>| Rank::Number(number.unwrap_or(NONE));
        match (self, column) {
            (Self::Task(entry), Column::Lasted) => {
                number((!entry.waits_for.is_empty()).then(|| entry.lasted().0))
            }
            (Self::Task(entry), Column::Runs) => number(state.tasks.runs(entry, now_s)),
            (Self::Task(entry), Column::Steps) => {
                Rank::Number(state.tasks.steps_a_second(entry, now_s))
            }
            (Self::Task(entry), Column::P99) => number(p99(state.steps.of_task(entry.task.id))),
            (Self::Task(entry), Column::WaitsFor) => Rank::Text(Cow::Borrowed(&entry.waits_for)),
            (Self::Task(entry), Column::Line) => Rank::Text(Cow::Borrowed(&entry.line)),
            (Self::Group(group), Column::Count) => Rank::Number(group.counts.all() as f64),
            (Self::Group(group), Column::Growth) => {
                let growth = state.groups.get(group.coroutine);
                number(
                    growth
                        .and_then(|it| it.grown())
                        .map(|(grown, _)| grown as f64),
                )
            }
            (Self::Group(group), Column::Lasted) => number(group.longest.map(|(it, _)| it)),
            (Self::Group(group), Column::Runs) => number(group.runs),
            (Self::Group(group), Column::Steps) => Rank::Number(group.steps),
            (Self::Group(group), Column::P99) => number(p99(state.steps.of_group(group.coroutine))),
            (Self::Thread(entry), Column::Cpu) => number(entry.cpu()),
            (Self::Thread(entry), Column::Tid) => Rank::Number(-(entry.thread.native_id as f64)),
            (Self::Thread(entry), Column::Lasted) => number(entry.lasted().map(|(it, _)| it)),
            (Self::Resource(entry), Column::Waiters) => {
                Rank::Number(entry.resource.waiters.len() as f64)
            }
            (Self::Resource(entry), Column::Most) => Rank::Number(entry.most_waiters as f64),
            (Self::Resource(entry), Column::Held) => number(entry.held()),
            (Self::Resource(entry), Column::Longest) => number(entry.longest_hold_s),
            (row, column) => Rank::Text(Cow::Owned(row.cell(column, state))),
        }
    }
}
