//! Pictures as text.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::programs::{bank, hung, watched};
use crate::top::picker::Picked;
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

/// The lines that are wanted, but for empty ones before the last.
fn shows(screen: &str, wanted: &str) {
    let mut lines: Vec<&str> = screen.lines().collect();
    let last = lines.pop().unwrap_or_default();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines.push(last);
    let shown = lines.join("\n");
    assert_eq!(shown, wanted.trim_matches('\n'), "\n{shown}");
}

#[test]
fn coroutines_on_a_wide_screen() {
    let screen = screen(&watched(), &[], 120, 40);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13.0                                                             1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1 MainThread  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %  ready 2                                     ███████
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  1 running, 0 ready, 3 waiting  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits   by coroutine
COROUTINE         TASKS▾ GROWTH STATE      MOST WAIT FOR           LONGEST  RUNS STEPS/S P99 STEP LINE
transfer               2      0 waiting    asyncio.Lock Account.…   ≥9.0 s   0 %       -        - bank.py:17 transfer
poll                   1      0 waiting    timer                    12.0 s   0 %       -        - bank.py:40 poll
report                 1      0 running                                  - 100 %    ≥4.0   ≥12 ms bank.py:50 report
q quit  t next  Enter open  s sort  / filter  a one by one  ? help  g waits  w which  space pause  +- rate  r reset
",
    );
}

#[test]
fn tasks_one_by_one() {
    let screen = screen(&watched(), &[Action::OneByOne], 80, 24);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13.0                     1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1 MainThread  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %  ready 2
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  1 running, 0 ready, 3 waiting  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits   one by one
TASK           STATE   WAITS FOR               FOR▾ STEPS/S LINE
Task-1         waiting timer, in 48.0 s      12.0 s       - bank.py:40 poll
Task-2         waiting asyncio.Lock Accou…   ≥9.0 s       - bank.py:17 transfer
Task-3         waiting asyncio.Lock Accou…   ≥9.0 s       - bank.py:17 transfer
report         running                            -    ≥4.0 bank.py:50 report
q quit  t next  Enter open  s sort  / filter  a one by one  ? help  g waits
",
    );
}

#[test]
fn resources() {
    let screen = screen(&watched(), &[Action::Tab(2)], 80, 24);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13.0                     1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1 MainThread  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %  ready 2
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  1 running, 0 ready, 3 waiting  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits
RESOURCE         USE              WAIT▾   MOST HELD BY              FOR  LONGEST
asyncio.Lock Ac… locked               2      2 Task-1            ≥9.0 s   ≥9.0 s
q quit  t next  Enter open  s sort  / filter  a one by one  ? help  g waits
",
    );
}

#[test]
fn the_tree_of_waits() {
    let screen = screen(&watched(), &[Action::Waits], 80, 24);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13.0                     1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1 MainThread  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %  ready 2
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  1 running, 0 ready, 3 waiting  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits
WHO IS WAITED FOR, most waiters first; below each, those that wait for it
Task-1  2 wait for it  waits: timer  bank.py:40 poll
└ asyncio.Lock Account.lock (holds)  2 wait for it
  ├ Task-2 (lock)  waits: asyncio.Lock Account.lock  bank.py:17 transfer
  └ Task-3 (lock)  waits: asyncio.Lock Account.lock  bank.py:17 transfer
q quit  t next  Enter open  s sort  / filter  a one by one  ? help  g waits
",
    );
}

#[test]
fn the_page_of_a_task() {
    let screen = screen(&watched(), &[Action::Open, Action::Open], 80, 24);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13.0                     1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1 MainThread  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %  ready 2
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  1 running, 0 ready, 3 waiting  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits   of transfer
task Task-2  transfer  task:0x20
  state           waiting
  waits for       asyncio.Lock Account.lock
  holder or peer  Task-1
  for             ≥9.0 s
  lives           ≥9.0 s
  ran at          0 % of the looks of 10 s
  steps a second  -
CHAIN, innermost first
  bank.py:17 transfer
VARIABLES
                  not read yet
BEFORE, the latest first
                  each look found it as it is now
STEPS THAT LOOKS MET, how long each ran at least
                  no look met one whose length is known
Esc back  jk scroll  space pause  q quit
",
    );
}

#[test]
fn the_page_of_a_thread() {
    let screen = screen(&watched(), &[Action::Tab(1), Action::Open], 80, 24);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13.0                     1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1 MainThread  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %  ready 2
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  1 running, 0 ready, 3 waiting  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits
thread MainThread  7
  state           running
  task or loop    report
  cpu             50 %
  cpu so far      54.9 s
  GIL             has it
  daemon          no
STACK, innermost first
  bank.py:50 report
  bank.py:60 main
Esc back  jk scroll  space pause  q quit
",
    );
}

#[test]
fn the_smallest_screen() {
    let screen = screen(&watched(), &[], 60, 12);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13…  1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits   by coroutine
COROUTINE      TASKS▾ STATE     MOST WAIT FOR        LONGEST
transfer            2 waiting   asyncio.Lock Accou…   ≥9.0 s
poll                1 waiting   timer                 12.0 s
report              1 running                              -
q quit  t next  Enter open  s sort  / filter  a one by one
",
    );
}

#[test]
fn threads_on_the_smallest_screen() {
    let screen = screen(&watched(), &[Action::Tab(1)], 60, 12);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13…  1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits
THREAD          STATE      CPU▾ WAITS FOR                FOR
MainThread      running    50 %                            -
pool_0          waiting     0 % in futex              ≥9.0 s
q quit  t next  Enter open  s sort  / filter  a one by one
",
    );
}

#[test]
fn help_on_the_smallest_screen() {
    let screen = screen(&watched(), &[Action::Help], 60, 12);
    shows(
        &screen,
        "
bank.py, pid 4242, CPython 3.13…  1.0 looks/s  own cpu 1.2 %
BUSY  1 of 4 tasks moved between the samples  (2.0 s ago)
loop #1  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits   by coroutine
KEYS
  q, Ctrl-C     quit
  space, p      stop looking, go on
  t, Tab, 1-4   tasks, threads, resources, waits
  a             tasks one by one, or by coroutine
  Enter, right  open: the tasks of a coroutine, a page
Esc back  jk scroll  space pause  q quit
",
    );
}

#[test]
fn the_last_picture_stays_when_the_process_has_ended() {
    let mut state = watched();
    state.end(10.0);
    state.clock_s = 13.0;
    shows(
        &screen(&state, &[], 60, 12),
        "
bank.py, pid 4242, CPython 3.13.0       ENDED  own cpu 1.2 %
it ended 3.0 s ago  the last picture stays
loop #1  lag p50 12 ms p99 12 ms max ≥12 ms  busy 100 %
4 tasks  0 in 9 s  cpu 50 %  GIL 100 %  2 threads
 1 Tasks  2 Threads  3 Resources  4 Waits   by coroutine
COROUTINE      TASKS▾ STATE     MOST WAIT FOR        LONGEST
transfer            2 waiting   asyncio.Lock Accou…   ≥9.0 s
poll                1 waiting   timer                 12.0 s
report              1 running                              -
q quit  t next  Enter open  s sort  / filter  a one by one
",
    );
}

#[test]
fn names_of_the_target_cannot_move_the_cursor() {
    let mut state = watched();
    let mut process = bank(200.0);
    process.task_mut(3).name = "\u{1b}[2J任务\u{202e}x".into();
    process.task_mut(3).coroutine = "evil\u{9b}2J".into();
    state.look(&process, 20.0);
    for actions in [
        &[][..],
        &[Action::OneByOne],
        &[Action::OneByOne, Action::Last, Action::Open],
    ] {
        let shown = screen(&state, actions, 100, 20);
        assert!(
            !shown.contains(|c: char| c.is_control() && c != '\n'),
            "{shown:?}"
        );
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
    }
    let one_by_one = screen(&state, &[Action::OneByOne], 100, 20);
    assert!(one_by_one.contains("'\\x1b[2J"), "{one_by_one}");
}

#[test]
fn without_colours_there_are_none() {
    let mut state = watched();
    state.judge(hung(), &[], 9.0);
    for (colours, wanted) in [(false, 0), (true, 1)] {
        let mut view = View::new(1.0);
        let picture = picture(&state, &mut view, 100, 20, Theme { colours });
        let coloured = picture
            .content
            .iter()
            .filter(|cell| cell.fg != Color::Reset);
        assert_eq!(coloured.count().min(1), wanted);
        // The chosen row and what is wrong can be told without them.
        let marked = |modifier| {
            picture
                .content
                .iter()
                .any(|cell| cell.modifier.contains(modifier))
        };
        assert!(marked(Modifier::REVERSED) && marked(Modifier::BOLD));
    }
}

#[test]
fn any_size_can_be_drawn() {
    let state = watched();
    for actions in [
        &[][..],
        &[Action::Waits],
        &[Action::Help],
        &[Action::Open, Action::Open],
    ] {
        for (width, height) in [(1, 1), (5, 3), (20, 5), (39, 6), (60, 7), (300, 80)] {
            screen(&state, actions, width, height);
        }
    }
    screen(&TopState::default(), &[], 60, 12);
}

#[test]
fn clicks_choose_tabs_titles_and_rows() {
    let state = watched();
    let click = |actions: &[Action]| screen(&state, actions, 100, 20);
    assert!(click(&[Action::Click(12, 4)]).contains("THREAD"));
    assert!(click(&[Action::Click(3, 5)]).contains("COROUTINE▾"));
    let twice = [Action::Click(3, 7), Action::Click(3, 7)];
    assert!(click(&twice).contains("of poll"));
    assert!(click(&[Action::Click(3, 19), Action::Click(99, 0)]).contains("by coroutine"));
}

#[test]
fn the_choice_of_a_process() {
    let choice = |pid, user: &str, command: &str, readable| Choice {
        pid,
        user: user.into(),
        command: command.into(),
        readable,
    };
    let mut picker = Picker::default();
    picker.set(vec![
        choice(4242, "app", "python3 bank.py \u{1b}[2J", true),
        choice(77, "root", "python3 other.py", false),
    ]);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 8));
    picker.draw(buffer.area, &mut buffer, Theme { colours: false });
    shows(
        &text(&buffer),
        "
Which Python process?
     PID  USER  COMMAND
    4242  app   python3 bank.py \\x1b[2J
      77  root  (may not be read) python3 other.py
Enter looks at it  jk move  / filter  r again  q quit
",
    );
    assert_eq!(picker.apply(Action::Move(5)), None);
    assert_eq!(picker.apply(Action::Open), Some(Picked::Process(77)));
    for action in [Action::Filter, Action::Type('4'), Action::Type('2')] {
        assert_eq!(picker.apply(action), None);
    }
    assert_eq!(picker.apply(Action::Accept), Some(Picked::Process(4242)));
    assert_eq!(picker.apply(Action::Back), None);
    assert_eq!(picker.apply(Action::Back), Some(Picked::Nothing));
}
