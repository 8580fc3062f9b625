//! What the user looks at: the list, the row, the order; and what keys change of it.

use arcstr::ArcStr;

use super::columns::Column;
use super::keys::Action;
use super::rows::{Key, List, Order, Row, Which};
use super::state::TopState;
use crate::model::ItemId;

/// The lists that the user can choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// Tasks.
    #[default]
    Tasks,
    /// Threads.
    Threads,
    /// Resources.
    Resources,
    /// The tree of waits.
    Waits,
}

impl Tab {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Tasks, Self::Threads, Self::Resources, Self::Waits];

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Threads => "Threads",
            Self::Resources => "Resources",
            Self::Waits => "Waits",
        }
    }
}

/// What lies over the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// One task.
    Task(ItemId),
    /// One thread.
    Thread(ItemId),
    /// One resource.
    Resource(ItemId),
    /// The keys.
    Help,
}

/// What the loop around the view has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// To draw.
    Draw,
    /// To end.
    Quit,
    /// To stop looking, or to go on: see [`View::paused`].
    Pause,
    /// To forget the past.
    Reset,
    /// To look at another rate: see [`View::rate`].
    Rate,
    /// To clear the screen, and to draw all.
    Redraw,
    /// To go to the background.
    Suspend,
    /// To read the variables of a task.
    Variables(ItemId),
}

/// Variables are read for a page of a process with no more tasks: all are read for one.
pub const FEW_TASKS: usize = 2_000;

/// Looks a second that `+` and `-` choose from.
pub const RATES: [f64; 9] = [0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0];

/// Where things are on the screen, for the mouse.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The line of the tabs, and the columns of each.
    pub tabs: (u16, Vec<(u16, u16)>),
    /// The line of the titles, and the columns of each.
    pub titles: (u16, Vec<(Column, u16, u16)>),
    /// The line of the first row, and how many are shown.
    pub rows: (u16, u16),
}

/// What the user looks at.
#[derive(Debug, Clone)]
pub struct View {
    /// The list.
    pub tab: Tab,
    /// Whether tasks are listed one by one.
    pub one_by_one: bool,
    /// The coroutine whose tasks are listed. `None` for those of all.
    pub group: Option<ArcStr>,
    /// What lies over the list, the topmost last.
    pub pages: Vec<Page>,
    /// How far the topmost page is scrolled.
    pub scroll: usize,
    /// What rows must contain.
    pub filter: String,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// Which tasks and threads are listed.
    pub which: Which,
    /// Whether looking has stopped.
    pub paused: bool,
    /// Looks a second that are asked for.
    pub rate: f64,
    /// The row that is chosen.
    pub key: Option<Key>,
    /// Its number when it was last found.
    pub selected: usize,
    /// The first row on the screen.
    pub top: usize,
    /// Rows that fit on the screen.
    pub height: usize,
    /// Where things are on the screen.
    pub places: Places,
    pub(super) orders: Vec<(List, Order)>,
}

impl View {
    /// The view before the first key.
    pub fn new(rate: f64) -> Self {
        Self {
            tab: Tab::default(),
            one_by_one: false,
            group: None,
            pages: Vec::new(),
            scroll: 0,
            filter: String::new(),
            typing: false,
            which: Which::default(),
            paused: false,
            rate,
            key: None,
            selected: 0,
            top: 0,
            height: 1,
            places: Places::default(),
            orders: Vec::new(),
        }
    }

    /// The list that is shown. `None` for the tree of waits.
    pub fn list(&self) -> Option<List> {
        Some(match (self.tab, self.one_by_one, &self.group) {
            (Tab::Tasks, _, Some(group)) => List::Tasks(Some(group.clone())),
            (Tab::Tasks, true, None) => List::Tasks(None),
            (Tab::Tasks, false, None) => List::Groups,
            (Tab::Threads, ..) => List::Threads,
            (Tab::Resources, ..) => List::Resources,
            (Tab::Waits, ..) => return None,
        })
    }

    /// The order of a list.
    pub fn order(&self, list: &List) -> Order {
        let same = |one: &List| std::mem::discriminant(one) == std::mem::discriminant(list);
        let chosen = self.orders.iter().find(|(one, _)| same(one));
        chosen.map_or(list.order(), |(_, order)| *order)
    }

    /// The rows of the list.
    pub fn rows<'a>(&self, list: &List, state: &'a TopState) -> Vec<Row<'a>> {
        list.rows(
            state,
            &self.filter.to_lowercase(),
            self.which,
            self.order(list),
        )
    }

    /// Which lines of the tree contain the filter.
    pub fn nodes(&self, state: &TopState) -> Vec<usize> {
        let filter = self.filter.to_lowercase();
        let nodes = state.waits.iter().enumerate();
        nodes
            .filter(|(_, node)| {
                let text = format!("{} {}", node.label, node.what);
                text.to_lowercase().contains(&filter)
            })
            .map(|(at, _)| at)
            .collect()
    }

    /// The keys of all rows, in their order.
    pub fn keys(&self, state: &TopState) -> Vec<Key> {
        match self.list() {
            Some(list) => self.rows(&list, state).iter().map(Row::key).collect(),
            None => {
                let nodes = self.nodes(state);
                let key = |at: usize| match state.waits.get(at).and_then(|node| node.id) {
                    Some(id) => Key::Item(id),
                    None => Key::Line(at),
                };
                nodes.into_iter().map(key).collect()
            }
        }
    }

    /// Finds the chosen row among `keys`, and scrolls to it.
    pub fn settle(&mut self, keys: &[Key], height: usize) {
        self.height = height.max(1);
        let found = self.key.as_ref().and_then(|key| {
            // The tree may have the same item twice.
            let near = keys.get(self.selected) == Some(key);
            let first = || keys.iter().position(|it| it == key);
            near.then_some(self.selected).or_else(first)
        });
        self.selected = found
            .unwrap_or(self.selected)
            .min(keys.len().saturating_sub(1));
        self.key = match found {
            Some(_) => self.key.take(),
            // Before the user chooses one, the first is chosen whichever it is.
            None if self.selected == 0 => None,
            None => keys.get(self.selected).cloned(),
        };
        let last_top = keys.len().saturating_sub(self.height);
        let lowest = (self.selected + 1).saturating_sub(self.height);
        self.top = self
            .top
            .clamp(lowest, self.selected.max(lowest))
            .min(last_top);
    }

    /// Goes to the threads of a process that has no tasks.
    pub fn begin(&mut self, state: &TopState) {
        if self.tab == Tab::Tasks && state.counts.all() == 0 {
            self.tab = Tab::Threads;
        }
    }

    /// What a key changes.
    pub fn apply(&mut self, action: Action, state: &TopState) -> Effect {
        match action {
            Action::Quit => return Effect::Quit,
            Action::Redraw => return Effect::Redraw,
            Action::Suspend => return Effect::Suspend,
            Action::Reset => return Effect::Reset,
            Action::Pause => {
                self.paused = !self.paused;
                return Effect::Pause;
            }
            Action::Faster | Action::Slower => {
                self.rate = another_rate(self.rate, action == Action::Faster);
                return Effect::Rate;
            }
            Action::Filter => {
                self.pages.clear();
                self.typing = true;
            }
            Action::Type(letter) => {
                self.filter.push(letter);
                self.rewind();
            }
            Action::Erase => drop(self.filter.pop()),
            Action::Accept => self.typing = false,
            Action::SortNext => self.sort(1),
            Action::SortPrevious => self.sort(-1),
            Action::Reverse => self.reverse(),
            Action::NextTab => self.turn(1),
            Action::PreviousTab => self.turn(Tab::ALL.len() - 1),
            Action::Tab(tab) => self.open_tab(Tab::ALL.get(tab).copied().unwrap_or_default()),
            Action::Waits if self.tab == Tab::Waits => self.open_tab(Tab::Tasks),
            Action::Waits => self.open_tab(Tab::Waits),
            Action::OneByOne => {
                let is_shown = self.tab == Tab::Tasks && self.group.is_none();
                self.one_by_one = !(is_shown && self.one_by_one);
                self.open_tab(Tab::Tasks);
            }
            Action::Which => {
                self.which = self.which.next();
                self.rewind();
            }
            Action::Help => match self.pages.last() {
                Some(Page::Help) => drop(self.pages.pop()),
                _ => self.open(Page::Help),
            },
            Action::Open => {
                self.open_row(state);
                return self.wanted(state);
            }
            Action::Back => self.back(),
            Action::Move(rows) => self.step(rows, state),
            Action::Page(pages) => {
                let rows = i32::try_from(self.height).unwrap_or(i32::MAX);
                self.step(pages.saturating_mul(rows), state);
            }
            Action::First => self.step(i32::MIN, state),
            Action::Last => self.step(i32::MAX, state),
            Action::Click(x, y) => {
                let before = self.pages.len();
                self.click(x, y, state);
                if self.pages.len() > before {
                    return self.wanted(state);
                }
            }
        }
        Effect::Draw
    }

    /// What has to be read for the page that is open.
    fn wanted(&self, state: &TopState) -> Effect {
        match self.pages.last() {
            Some(Page::Task(id)) if state.counts.all() <= FEW_TASKS => Effect::Variables(*id),
            _ => Effect::Draw,
        }
    }

    fn turn(&mut self, by: usize) {
        let at = Tab::ALL
            .iter()
            .position(|tab| *tab == self.tab)
            .unwrap_or(0);
        self.open_tab(Tab::ALL[(at + by) % Tab::ALL.len()]);
    }

    pub(super) fn open_tab(&mut self, tab: Tab) {
        self.tab = tab;
        self.group = None;
        self.pages.clear();
        self.rewind();
    }

    pub(super) fn rewind(&mut self) {
        (self.key, self.selected, self.top, self.scroll) = (None, 0, 0, 0);
    }

    fn open(&mut self, page: Page) {
        self.pages.push(page);
        self.scroll = 0;
    }

    fn back(&mut self) {
        if self.typing {
            self.typing = false;
            self.filter.clear();
        } else if self.pages.pop().is_some() {
            self.scroll = 0;
        } else if let Some(group) = self.group.take() {
            self.rewind();
            self.key = Some(Key::Group(group));
        } else {
            self.filter.clear();
        }
    }

    pub(super) fn open_row(&mut self, state: &TopState) {
        if self.pages.last() == Some(&Page::Help) {
            return self.back();
        }
        if !self.pages.is_empty() {
            return;
        }
        match self.keys(state).into_iter().nth(self.selected) {
            Some(Key::Group(group)) => {
                self.rewind();
                self.group = Some(group);
            }
            Some(Key::Item(id @ ItemId::Task(_))) => self.open(Page::Task(id)),
            Some(Key::Item(id @ ItemId::Thread(_))) => self.open(Page::Thread(id)),
            Some(Key::Item(id)) if state.resources.get(id).is_some() => {
                self.open(Page::Resource(id));
            }
            _ => {}
        }
    }

    fn step(&mut self, rows: i32, state: &TopState) {
        let moved = |from: usize| {
            let rows = rows as isize;
            from.saturating_add_signed(rows)
        };
        if !self.pages.is_empty() {
            self.scroll = moved(self.scroll);
            return;
        }
        let keys = self.keys(state);
        self.selected = moved(self.selected).min(keys.len().saturating_sub(1));
        self.key = keys.into_iter().nth(self.selected);
    }
}

/// The next rate.
fn another_rate(rate: f64, faster: bool) -> f64 {
    let mut rates = RATES.iter().copied();
    let next = match faster {
        true => rates.find(|it| *it > rate * 1.01),
        false => rates.rev().find(|it| *it < rate * 0.99),
    };
    next.unwrap_or(rate)
}
