//! The report over hand-made snapshots.

mod hostile;
mod verdict;
mod whole;

use std::sync::Arc;

use super::*;
use crate::model::{ExceptionInfo, Local, Outcome, TaskState};
use crate::plain_text::columns;
use crate::report::fixtures::{self, bank, crowd, edge, frame, task};

fn options(width: usize) -> Options {
    Options {
        width,
        group_above: 20,
        all_frames: false,
        locals: false,
        threads_only: false,
    }
}

/// With styles.
fn styled(process: Process, options: &Options, chosen: Option<&[Choice]>) -> String {
    let mut out = Vec::new();
    write(&mut out, &fixtures::snapshot(process), options, chosen).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(process: Process, options: &Options) -> String {
    let text = styled(process, options, None);
    anstream::adapter::strip_str(&text).to_string()
}

/// The lines from one heading up to the next.
fn section(text: &str, heading: &str) -> String {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(heading));
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| line.starts_with(' '));
    std::iter::once(first)
        .chain(rest)
        .fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn every_task_has_a_row_where_that_is_wanted() {
    let all = Options {
        group_above: 0,
        ..options(120)
    };
    let text = plain(crowd(), &all);
    for name in ["worker-0 ", "worker-4981 ", "Task-9999 "] {
        assert!(text.contains(name), "{name}");
    }
    assert!(!text.contains(" x "));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [20, 40, 61, 80, 97, 200] {
        for process in [bank(), crowd(), fixtures::starved()] {
            for all_frames in [false, true] {
                let options = Options {
                    all_frames,
                    ..options(width)
                };
                for line in plain(process.clone(), &options).lines() {
                    assert!(columns(line) <= width, "{width}: {line}");
                    assert!(!line.ends_with(' '), "{line}");
                }
            }
        }
    }
}

#[test]
fn colours_add_nothing_but_colours() {
    let text = styled(bank(), &options(80), None);
    assert!(text.contains("\u{1b}["));
    assert!(!plain(bank(), &options(80)).contains('\u{1b}'));
}

#[test]
fn a_task_that_failed_says_how_and_that_nobody_knows() {
    let mut process = bank();
    let failed = process.task_mut(3);
    failed.state = TaskState::Done;
    failed.outcome = Some(Outcome::Exception);
    failed.waits_for = None;
    failed.frames = Arc::default();
    failed.exception = Some(Box::new(ExceptionInfo {
        type_name: "ValueError".into(),
        message: "no receipt".into(),
        retrieved: false,
        frames: vec![frame("send_receipts", "/srv/receipts.py", 12)],
    }));
    process.task_mut(4).error = Some("frame at 0x7f00: no such page".into());
    let text = plain(process, &options(120));
    assert!(text.contains("send_receipts"), "{text}");
    assert!(
        text.contains("failed: ValueError: no receipt (never retrieved)"),
        "{text}"
    );
    assert!(
        text.contains("! unreadable: frame at 0x7f00: no such page"),
        "{text}"
    );
    assert!(text.contains("TASKS 6: 5 waiting, 1 done"), "{text}");
}

#[test]
fn tasks_that_wait_in_a_ring_are_listed_once() {
    let mut process = fixtures::process();
    let chain = [("step", "/srv/ring.py", 3)];
    process.tasks = (0..4)
        .map(|at| task(at, &format!("ring-{at}"), &chain, "").into())
        .collect();
    *process.edges_mut() = (0..4)
        .map(|at| {
            edge(
                &format!("task:{at:#x}"),
                &format!("task:{:#x}", (at + 1) % 4),
                "await",
            )
        })
        .collect();
    let text = plain(process, &options(120));
    for at in 0..4 {
        let own = format!("ring-{at}  ");
        assert_eq!(text.matches(&own).count(), 1, "{text}");
    }
}

#[test]
fn a_deep_tree_is_not_indented_without_end() {
    let mut process = fixtures::process();
    process.tasks = (0..3_000)
        .map(|at| task(at, &format!("t{at}"), &[("f", "/a.py", 1)], "").into())
        .collect();
    *process.edges_mut() = (1..3_000)
        .map(|at| {
            edge(
                &format!("task:{:#x}", at - 1),
                &format!("task:{at:#x}"),
                "await",
            )
        })
        .collect();
    let all = Options {
        group_above: 0,
        ..options(80)
    };
    let text = plain(process, &all);
    assert!(text.contains("(2999) t2999"), "{text}");
}

#[test]
fn recursion_is_counted_and_long_chains_are_cut_in_the_middle() {
    let mut process = fixtures::process();
    let mut walk = vec![("walk", "/srv/tree.py", 7); 998];
    walk.push(("leaf", "/srv/tree.py", 9));
    let names: Vec<String> = (0..100).map(|at| format!("f{at}")).collect();
    let long: Vec<(&str, &str, u32)> = names
        .iter()
        .map(|name| (name.as_str(), "/srv/a.py", 1))
        .collect();
    process.tasks = vec![
        task(1, "walker", &walk, "x").into(),
        task(2, "long", &long, "x").into(),
    ];
    let text = plain(process, &options(400));
    assert!(text.contains("walk :7 x998 > leaf :9"), "{text}");
    assert!(
        text.contains("> f9 :1 > … 74 frames … > f84 :1 >"),
        "{text}"
    );
}

#[test]
fn tasks_without_names_are_called_by_address_or_coroutine_and_address() {
    let mut process = fixtures::process();
    let frames = [("worker", "/srv/a.py", 1)];
    process.tasks = vec![
        task(0x7f10, "", &frames, "x").into(),
        task(0x7f20, "", &frames, "").into(),
    ];
    *process.edges_mut() = vec![edge("task:0x7f20", "task:0x7f10", "lock")];
    let text = plain(process, &options(120));
    assert!(text.contains("  0x7f10  worker :1  x\n"), "{text}");
    assert!(text.contains("worker@0x7f10 (lock)"), "{text}");
}

#[test]
fn library_code_alone_keeps_its_place_and_coroutine() {
    let mut process = fixtures::process();
    process.tasks = vec![
        task(
            1,
            "server",
            &[
                (
                    "Server.serve",
                    "/usr/lib/python3/dist-packages/uvicorn/server.py",
                    90,
                ),
                (
                    "Server.main_loop",
                    "/usr/lib/python3/dist-packages/uvicorn/server.py",
                    248,
                ),
                ("sleep", "/usr/lib/python3.13/asyncio/tasks.py", 718),
            ],
            "timer",
        )
        .into(),
    ];
    assert!(plain(process, &options(80)).contains("Server.serve > sleep tasks.py:718"));
}

#[test]
fn a_chosen_task_is_shown_with_all_its_frames_and_locals() {
    let mut process = bank();
    Arc::make_mut(&mut process.task_mut(1).frames)[2].locals = Some(vec![Local {
        name: "amount".into(),
        type_name: "int".into(),
        value: "10".into(),
    }]);
    let chosen = [Choice {
        tasks: [1].into(),
        threads: [1].into(),
    }];
    let text = styled(process, &options(80), Some(&chosen));
    let text = anstream::adapter::strip_str(&text).to_string();
    assert_eq!(
        text.lines()
            .skip(1)
            .fold(String::new(), |text, line| text + line + "\n"),
        "\
TASK alice-to-bob task:0x20
  state       waits for asyncio.Lock Account.lock, held by bob-to-alice
                (transfer:22)
  object      asyncio.locks.Lock
  behind      asyncio.Lock Account.lock (lock)
  awaited by  Task-1, bob-to-alice
  coroutine   transfer (_asyncio.Task)
  loop        #1 MainThread
  frames      /srv/bank.py:24 transfer
                  amount = 10
              asyncio/locks.py:14 _ContextManagerMixin.__aenter__
              asyncio/locks.py:110 Lock.acquire
THREAD rates_0 4243
  state   in clock_nanosleep
  frames  threading.py:1014 Thread._bootstrap
          concurrent/futures/thread.py:59 _WorkItem.run
          /srv/bank.py:40 fetch_rates
"
    );
}

#[test]
fn digits_are_grouped_in_threes() {
    assert_eq!(grouped_digits(0), "0");
    assert_eq!(grouped_digits(999), "999");
    assert_eq!(grouped_digits(4_982), "4,982");
    assert_eq!(grouped_digits(1_234_567), "1,234,567");
}
