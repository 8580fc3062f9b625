//! Locks that somebody alive gives back, by ways that are easy to miss; and waits inside of
//! objects of libraries.

use crate::diagnosis::fixtures::{World, kinds, loop_file};
use crate::model::FrameKind;

/// Tasks `early`, which sleeps in a block, and `late`, which waits for the lock
/// `guard` at the line with `# late`. The source has functions `early` and `late`.
fn two_users(source: &str) -> World {
    let mut world = World::new(source);
    world.sleeping("early", &[("early", "sleep(25)")], 20.0);
    world.waiting("late", &[("late", "# late")], "lock", "lock:guard");
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:late"]);
    let lock = world.resource("lock", "guard", &[]);
    lock.locked = Some(true);
    for task in ["task:early", "task:late"] {
        world.refers(task, "lock:guard", "guard");
    }
    world
}

const MAIN: &str = "async def main():\n    await task\n";
const HELD: &str = "\
class Held:
    def __init__(self, guard):
        self.guard = guard
    async def __aenter__(self):
        await self.guard.acquire()
    async def __aexit__(self, *exc):
        self.guard.release()
";

fn is_hung(world: &World) -> bool {
    world.diagnose().0.state == "hung"
}

#[test]
fn a_class_gives_back_what_it_took_when_its_block_is_left() {
    let early =
        "async def early(guard):\n    async with Held(guard):\n        await asyncio.sleep(25)\n";
    let late = "async def late(guard):\n    await guard.acquire()  # late\n";
    let source = format!("{MAIN}{HELD}{early}{late}");
    assert!(!is_hung(&two_users(&source)));

    // Who is in no block gives nothing back.
    let early = "async def early(guard):\n    await asyncio.sleep(25)\n";
    let source = format!("{MAIN}{HELD}{early}{late}");
    assert!(is_hung(&two_users(&source)));
}

#[test]
fn a_loop_may_give_back_in_its_next_round() {
    let late = "async def late(guard):\n    await guard.acquire()  # late\n";
    let server = "\
async def early(guard):
    while True:
        word = await asyncio.sleep(25)
        if word == 'take':
            await guard.acquire()
        elif word == 'give':
            guard.release()
";
    assert!(!is_hung(&two_users(&format!("{MAIN}{server}{late}"))));

    // A worker takes it before it gives it back.
    let worker = "\
async def early(guard):
    while True:
        await asyncio.sleep(25)
        await guard.acquire()
        guard.release()
";
    assert!(is_hung(&two_users(&format!("{MAIN}{worker}{late}"))));
}

#[test]
fn who_closes_an_exit_stack_gives_back_what_it_entered() {
    let late = "async def late(guard):\n    await guard.acquire()  # late\n";
    let start = "async def start(guard):\n    await stack.enter_async_context(guard)\n";
    let source = |rest: &str| {
        format!("{MAIN}{start}async def early(guard):\n    await asyncio.sleep(25)\n{rest}{late}")
    };
    assert!(!is_hung(&two_users(&source("    await stack.aclose()\n"))));
    assert!(is_hung(&two_users(&source(""))));
}

/// A task waits in `jobs.join()` of a library for a future, while another one sleeps and
/// `does` something after that.
fn library_wait(does: &str) -> World {
    let source = format!(
        "\
async def crawl(jobs):
    await jobs.join()
async def main():
    await task
async def tick(jobs):
    await asyncio.sleep(5)
    {does}
"
    );
    let mut world = World::new(&source);
    world.process.loops[0].callbacks_complete = true;
    world.waiting("crawl", &[("crawl", "jobs.join")], "future", "future:all");
    world.awaiting(
        "Task-1",
        &[("main", "await task")],
        "await",
        &["task:crawl"],
    );
    world.sleeping("tick", &[("tick", "sleep(5)")], 4.0);
    world.resource("future", "all", &[]);
    for task in ["task:crawl", "task:tick"] {
        world.refers(task, "future:all", "jobs._finished._waiters");
    }
    world
}

#[test]
fn a_wait_inside_of_a_library_ends_by_who_uses_the_object() {
    assert!(is_hung(&library_wait("print('tick')")));
    assert!(is_hung(&library_wait("print(jobs.qsize())")));
    assert!(!is_hung(&library_wait("jobs.task_done()")));
}

#[test]
fn nothing_is_known_of_a_library_where_more_than_the_program_runs() {
    let mut native = library_wait("print('tick')");
    native.process.foreign_threads = true;
    assert!(!is_hung(&native));

    let mut watching = library_wait("print('tick')");
    let mut file = loop_file(9);
    file.callback = Some("Connection._read_ready".into());
    watching.process.loops[0].files.push(file);
    assert!(!is_hung(&watching));

    let mut timer = library_wait("print('tick')");
    timer.process.loops[0].leads_to.push("future:all".into());
    assert!(!is_hung(&timer));

    let mut library = library_wait("print('tick')");
    let own = library.process.tasks[1].frames[0].clone();
    let task = library.task("poller", &[]);
    let mut frame = own;
    frame.library = true;
    frame.kind = FrameKind::Coroutine;
    frame.file = Some("/venv/site-packages/jobs.py".into());
    task.frames = vec![frame].into();
    assert!(!is_hung(&library));
    assert!(!kinds(&library.diagnose().1).contains(&"orphan-wait"));
}
