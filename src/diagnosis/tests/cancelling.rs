//! Which tasks code may cancel that is still to run.

use crate::diagnosis::fixtures::{World, kinds};

/// A task waits for an event that nobody sets, beside a main function that sleeps and then runs
/// `rest`. `before` is how it makes its tasks.
fn stuck_beside(before: &str, rest: &str) -> World {
    let source = format!(
        "\
async def stuck():
    await gate.wait()
async def beat():
    await asyncio.sleep(1)
def poll(gate):
    gate.set()
async def main():
{before}
    await asyncio.sleep(60)  # main
{rest}
async def run():
    await task
"
    );
    let mut world = World::new(&source);
    world.sleeping("Task-1", &[("main", "# main")], 50.0);
    world.awaiting(
        "Task-2",
        &[("run", "await task")],
        "await",
        &["task:Task-3"],
    );
    world.waiting("Task-3", &[("stuck", "gate.wait")], "event", "event:gate");
    world.sleeping("Task-4", &[("beat", "sleep(1)")], 0.5);
    world.resource("event", "gate", &[]).set = Some(false);
    world.refers("task:Task-3", "event:gate", "gate");
    world
}

fn is_hung(before: &str, rest: &str) -> bool {
    let (verdict, found) = stuck_beside(before, rest).diagnose();
    let hung = verdict.state == "hung";
    assert_eq!(
        hung,
        kinds(&found).contains(&"orphan-wait"),
        "{before}; {rest}"
    );
    hung
}

const BOTH: &str =
    "    heart = asyncio.create_task(beat())\n    job = asyncio.create_task(stuck())";

#[test]
fn who_cancels_another_task_ends_nothing() {
    assert!(is_hung(BOTH, "    heart.cancel()"));
    assert!(!is_hung(BOTH, "    job.cancel()"));
}

#[test]
fn attributes_and_containers_are_followed() {
    let kept = "    self.heart = asyncio.create_task(beat())\n    self.all = [self.heart]";
    assert!(is_hung(
        kept,
        "    for each in self.all:\n        each.cancel()"
    ));
    let more = format!("{kept}\n    self.all.append(asyncio.create_task(stuck()))");
    assert!(!is_hung(
        &more,
        "    for each in self.all:\n        each.cancel()"
    ));
    let dict = "    self.all = {}\n    self.all['a'] = asyncio.create_task(beat())";
    assert!(is_hung(dict, "    self.all['a'].cancel()"));
    assert!(is_hung(
        dict,
        "    for each in self.all.values():\n        each.cancel()"
    ));
}

#[test]
fn a_timer_is_no_task() {
    let timer = "    timer = loop.call_later(5, print)";
    assert!(is_hung(timer, "    timer.cancel()"));
}

#[test]
fn what_is_not_known_may_be_any_task() {
    for (before, rest) in [
        (
            "    pass",
            "    for each in asyncio.all_tasks():\n        each.cancel()",
        ),
        ("    heart = make()", "    heart.cancel()"),
        (
            "    heart = asyncio.create_task(coroutine)",
            "    heart.cancel()",
        ),
        ("    heart, job = tasks", "    heart.cancel()"),
        (
            "    heart = asyncio.create_task(beat())\n    heart = tasks[0]",
            "    heart.cancel()",
        ),
        (
            "    async with scope() as heart:\n        pass",
            "    heart.cancel()",
        ),
        (
            "    all = [asyncio.create_task(beat())]\n    poll(all)",
            "    all[0].cancel()",
        ),
        ("    pass", "    scope.cancel()"),
    ] {
        assert!(!is_hung(before, rest), "{before}; {rest}");
    }
}

#[test]
fn what_a_cancelled_task_awaits_is_cancelled_with_it() {
    let before = "    outer = asyncio.create_task(run())";
    assert!(!is_hung(before, "    outer.cancel()"));
}

#[test]
fn a_function_that_a_decorator_replaced_may_be_any() {
    let source = "    pass\n@logged\nasync def beat2():\n    pass\nasync def other():\n    heart = asyncio.create_task(beat2())";
    assert!(!is_hung(
        "    heart = None",
        &format!("    heart.cancel()\n{}", &source[9..])
    ));
}

#[test]
fn who_moves_the_end_of_a_timeout_may_end_any_wait() {
    assert!(!is_hung("    pass", "    limit.reschedule(5)"));
    assert!(!is_hung("    pass", "    scope.deadline = 5"));
    assert!(is_hung("    pass", "    scope.name = 5"));
}

#[test]
fn a_task_that_is_added_to_a_group_and_raises_ends_the_group() {
    let hangs = |added: &str| {
        let fail = "async def fail():\n    raise Stop()\nasync def pass_by():\n    pass\n";
        let mut world = stuck_beside("    pass", &format!("    {added}\n{fail}"));
        world.edge("task:Task-2", "task:Task-3", "task-group");
        world.diagnose().0.state == "hung"
    };
    assert!(!hangs("group.create_task(fail())"));
    assert!(hangs("group.create_task(pass_by())"));
    assert!(hangs("asyncio.create_task(beat())"));
}
