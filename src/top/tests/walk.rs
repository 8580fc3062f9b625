//! What keys and the mouse change of the view.

use super::programs::{bank, waiting, watched};
use crate::model::ItemId;
use crate::model::fixtures::wait;
use crate::top::columns::Column;
use crate::top::rows::{Key, List, Which};
use crate::top::view::{Effect, Page, Tab};
use crate::top::{Action, View};

/// A view to which keys are given.
fn walk(actions: &[Action]) -> View {
    let state = watched();
    let mut view = View::new(4.0);
    for action in actions {
        view.apply(*action, &state);
        let keys = view.keys(&state);
        view.settle(&keys, 10);
    }
    view
}

#[test]
fn t_goes_through_the_lists_and_g_to_the_waits_and_back() {
    assert_eq!(walk(&[Action::NextTab]).tab, Tab::Threads);
    assert_eq!(walk(&[Action::NextTab; 4]).tab, Tab::Tasks);
    assert_eq!(walk(&[Action::PreviousTab]).tab, Tab::Waits);
    assert_eq!(walk(&[Action::Waits]).tab, Tab::Waits);
    assert_eq!(walk(&[Action::Waits, Action::Waits]).tab, Tab::Tasks);
    assert_eq!(walk(&[Action::Tab(2)]).tab, Tab::Resources);
}

#[test]
fn enter_opens_a_group_then_a_task_and_esc_goes_back() {
    let open = walk(&[Action::Open]);
    assert_eq!(open.list(), Some(List::Tasks(Some("transfer".into()))));
    let page = walk(&[Action::Open, Action::Open]);
    assert_eq!(page.pages, [Page::Task(ItemId::Task(0x20))]);
    let back = walk(&[Action::Open, Action::Open, Action::Back]);
    assert_eq!((back.pages.len(), back.list()), (0, open.list()));
    let top = walk(&[Action::Open, Action::Open, Action::Back, Action::Back]);
    assert_eq!(top.list(), Some(List::Groups));
    assert_eq!(top.key, Some(Key::Group("transfer".into())));
    let thread = walk(&[Action::Tab(1), Action::Open]);
    assert_eq!(thread.pages, [Page::Thread(ItemId::Thread(7))]);
    let resource = walk(&[Action::Tab(2), Action::Open]);
    assert!(matches!(resource.pages[..], [Page::Resource(_)]));
    let of_waits = walk(&[Action::Waits, Action::Move(2), Action::Open]);
    assert!(matches!(of_waits.pages[..], [Page::Task(_)]));
}

#[test]
fn s_orders_by_the_next_column_and_i_turns_the_order_round() {
    let list = List::Groups;
    assert_eq!(walk(&[]).order(&list).column, Column::Count);
    assert_eq!(
        walk(&[Action::SortNext]).order(&list).column,
        Column::Growth
    );
    let before = walk(&[Action::SortPrevious]);
    assert_eq!(before.order(&list).column, Column::Coroutine);
    assert!(walk(&[Action::Reverse]).order(&list).reversed);
    let state = watched();
    let names = |view: &View| -> Vec<String> {
        let rows = view.rows(&list, &state);
        rows.iter()
            .map(|it| it.cell(Column::Coroutine, &state))
            .collect()
    };
    assert_eq!(names(&before), ["poll", "report", "transfer"]);
    let turned = walk(&[Action::SortPrevious, Action::Reverse]);
    assert_eq!(names(&turned), ["transfer", "report", "poll"]);
}

#[test]
fn a_group_names_the_kind_of_wait_where_all_wait_for_something_else() {
    let mut process = bank(200.0);
    for (number, name) in (0x100..).zip(["a", "b", "c", "d"]) {
        let mut task = waiting(&format!("task:{number:#x}"), name, "joins", 5);
        task.waits_for = Some(wait("task", name));
        process.tasks.push(task.into());
    }
    let mut state = watched();
    state.look(&process, 10.0);
    let view = View::new(4.0);
    let rows = view.rows(&List::Groups, &state);
    let cells: Vec<String> = rows
        .iter()
        .map(|row| row.cell(Column::WaitsFor, &state))
        .collect();
    let lock = "asyncio.Lock Account.lock, Task-1";
    assert_eq!(cells, ["task, 4 different", lock, "timer", ""]);
    let states = rows.iter().map(|row| row.cell(Column::State, &state));
    let states: Vec<String> = states.collect();
    assert_eq!(states, ["waiting", "waiting", "waiting", "running"]);
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let state = watched();
    let typed: Vec<Action> = "TRANSFER".chars().map(Action::Type).collect();
    let mut actions = vec![Action::OneByOne, Action::Filter];
    actions.extend(typed);
    let view = walk(&actions);
    assert!(view.typing);
    assert_eq!(view.keys(&state).len(), 2);
    actions.push(Action::Accept);
    let kept = walk(&actions);
    assert!(!kept.typing);
    assert_eq!(kept.keys(&state).len(), 2);
    actions.push(Action::Back);
    assert_eq!(walk(&actions).keys(&state).len(), 4);
}

#[test]
fn w_shows_those_that_wait_and_those_that_run() {
    let state = watched();
    let one = [Action::OneByOne, Action::Which];
    assert_eq!(walk(&one).which, Which::Waiting);
    assert_eq!(walk(&one).keys(&state).len(), 3);
    let two = [Action::OneByOne, Action::Which, Action::Which];
    assert_eq!(walk(&two).keys(&state), [Key::Item(ItemId::Task(0x40))]);
}

#[test]
fn the_chosen_row_stays_chosen_where_it_goes_to() {
    let state = watched();
    let mut view = walk(&[Action::OneByOne, Action::Last]);
    let chosen = view.key.clone();
    assert!(chosen.is_some());
    view.apply(Action::Which, &state);
    view.apply(Action::Which, &state);
    view.apply(Action::Which, &state);
    let mut keys = view.keys(&state);
    view.key = chosen.clone();
    keys.reverse();
    view.settle(&keys, 2);
    assert_eq!((view.selected, view.top), (0, 0));
    assert_eq!(view.key, chosen);
}

#[test]
fn rows_scroll_only_as_far_as_there_are_some() {
    let view = walk(&[Action::OneByOne, Action::Move(1_000)]);
    assert_eq!((view.selected, view.top), (3, 0));
    let view = walk(&[Action::OneByOne, Action::Move(3), Action::Move(-100)]);
    assert_eq!(view.selected, 0);
    let state = watched();
    let mut view = walk(&[Action::OneByOne, Action::Last]);
    let keys = view.keys(&state);
    view.settle(&keys, 2);
    assert_eq!((view.selected, view.top), (3, 2));
    view.settle(&[], 2);
    assert_eq!((view.selected, view.top), (0, 0));
}

#[test]
fn the_rate_has_bounds_and_effects_are_told() {
    let state = watched();
    let mut view = View::new(4.0);
    assert_eq!(view.apply(Action::Faster, &state), Effect::Rate);
    assert_eq!(view.rate, 8.0);
    for _ in 0..20 {
        view.apply(Action::Faster, &state);
    }
    assert_eq!(view.rate, 60.0);
    for _ in 0..20 {
        view.apply(Action::Slower, &state);
    }
    assert_eq!(view.rate, 0.2);
    assert_eq!(view.apply(Action::Pause, &state), Effect::Pause);
    assert!(view.paused);
    assert_eq!(view.apply(Action::Quit, &state), Effect::Quit);
    assert_eq!(view.apply(Action::Reset, &state), Effect::Reset);
    // The variables are read when the page of a task is opened.
    assert_eq!(view.apply(Action::Open, &state), Effect::Draw);
    let variables = Effect::Variables(ItemId::Task(0x20));
    assert_eq!(view.apply(Action::Open, &state), variables);
    assert_eq!(view.apply(Action::Open, &state), variables);
}

#[test]
fn help_lies_over_the_list_until_it_is_closed() {
    assert_eq!(walk(&[Action::Help]).pages, [Page::Help]);
    assert_eq!(walk(&[Action::Help, Action::Help]).pages, []);
    assert_eq!(walk(&[Action::Help, Action::Back]).pages, []);
}

#[test]
fn no_sequence_of_actions_panics_without_a_look() {
    let state = crate::top::TopState::default();
    let mut view = View::new(4.0);
    for action in [
        Action::Open,
        Action::Move(-1),
        Action::Move(5),
        Action::Page(1),
        Action::First,
        Action::Last,
        Action::SortNext,
        Action::SortPrevious,
        Action::Click(3, 3),
        Action::Waits,
        Action::Open,
        Action::Back,
        Action::Filter,
        Action::Erase,
        Action::Accept,
    ] {
        view.apply(action, &state);
    }
}
