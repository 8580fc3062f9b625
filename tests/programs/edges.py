"""Tasks that wait for tasks, one construct per case.

Each case states every edge between tasks that there is (`edge`); an edge that
is not stated must not be reported either.
"""

import asyncio
import concurrent.futures

import oracle
from cases import VERSION, also, case, edge, keep, loop_in_thread, main, never, spawn, until

# Until 3.11 wait_for puts a future of its own in between; since 3.12 it simply awaits.
WAIT_FOR = "wait_for" if VERSION < (3, 12) else "await"

other_loop = None


def me():
    return asyncio.current_task()


def children(*roles):
    return [spawn(never(), role) for role in roles]


def edges(waiting, awaited, via=None):
    for task in awaited:
        edge(waiting, task, via)


async def wait_for_task(task):
    await task


# ---------------------------------------------------------------- await


@case
async def await_task():
    (child,) = children("child")
    edge(me(), child, "await")
    await child


@case
async def await_task_deep_in_the_chain():
    (child,) = children("child")

    async def inner():
        await wait_for_task(child)

    edge(me(), child, "await")
    await inner()


@case
async def await_task_inside_async_generator():
    (child,) = children("child")

    async def generator():
        await child
        yield

    edge(me(), child, "await")
    async for _ in generator():
        pass


@case
async def await_task_through_await_method():
    class Handle:
        def __init__(self, task):
            self.task = task

        def __await__(self):
            return self.task.__await__()

    (child,) = children("child")
    edge(me(), child, "await")
    await Handle(child)


@case
async def two_tasks_await_one():
    (child,) = children("child")
    second = spawn(wait_for_task(child), "second")
    edges(me(), [child], "await")
    edges(second, [child], "await")
    await child


@case
async def twenty_tasks_await_one():
    (child,) = children("child")
    for number in range(20):
        edge(spawn(wait_for_task(child), str(number)), child, "await")
    await never()


@case
async def chain_of_five_tasks():
    task = spawn(never(), "last")
    for number in range(3):
        waiting = spawn(wait_for_task(task), str(number))
        edge(waiting, task, "await")
        task = waiting
    edge(me(), task, "await")
    await task


@case
async def two_tasks_await_each_other():
    tasks = []

    async def wait_for_other(index):
        await tasks[1 - index]

    tasks.extend(spawn(wait_for_other(index), str(index)) for index in (0, 1))
    edge(tasks[0], tasks[1], "await")
    edge(tasks[1], tasks[0], "await")
    keep(tasks)
    await never()


@case
async def plain_future_makes_no_edge():
    shared = asyncio.get_event_loop().create_future()

    async def finisher():
        await never()
        shared.set_result(None)

    spawn(finisher(), "finisher")
    await shared


# ---------------------------------------------------------------- gather


@case
async def gather():
    awaited = children("a", "b", "c")
    edges(me(), awaited, "gather")
    await asyncio.gather(*awaited)


@case
async def gather_of_coroutines():
    outer = asyncio.gather(never(), never())
    edges(me(), outer._children, "gather")
    await outer


@case
async def gather_with_one_done():
    async def at_once():
        return 1

    done = keep(spawn(at_once(), "done"))
    await done
    (child,) = children("child")
    edge(me(), child, "gather")
    await asyncio.gather(done, child)


@case
async def gather_return_exceptions():
    awaited = children("a", "b")
    edges(me(), awaited, "gather")
    await asyncio.gather(*awaited, return_exceptions=True)


@case
async def gather_of_gathers():
    awaited = children("a", "b", "c")
    edges(me(), awaited, "gather")
    await asyncio.gather(asyncio.gather(*awaited[:2]), awaited[2])


@case
async def gather_of_two_hundred():
    awaited = children(*map(str, range(200)))
    edges(me(), awaited, "gather")
    await asyncio.gather(*awaited)


@case
async def two_gathers_share_a_child():
    shared, own = children("shared", "own")

    async def second():
        await asyncio.gather(shared, own)

    waiting = spawn(second(), "second")
    edges(waiting, [shared, own], "gather")
    edges(me(), [shared], "gather")
    await asyncio.gather(shared)


@case
async def gather_nobody_awaits_yet():
    awaited = children("a", "b")
    keep(asyncio.gather(*awaited))
    await never()


# ---------------------------------------------------------------- wait


@case
async def wait():
    awaited = children("a", "b")
    edges(me(), awaited, "wait")
    await asyncio.wait(awaited)


@case
async def wait_first_completed_with_timeout():
    awaited = children("a", "b")
    edges(me(), awaited, "wait")
    await asyncio.wait(awaited, timeout=3600, return_when=asyncio.FIRST_COMPLETED)


@case
async def wait_on_shield():
    (child,) = children("child")
    edge(me(), child)
    await asyncio.wait([asyncio.shield(child)])


@case
async def wait_on_gather():
    awaited = children("a", "b")
    edges(me(), awaited)
    await asyncio.wait([asyncio.gather(*awaited)])


@case
async def wait_for_a_task():
    (child,) = children("child")
    edge(me(), child, WAIT_FOR)
    await asyncio.wait_for(child, timeout=3600)


@case
async def wait_for_without_timeout():
    (child,) = children("child")
    edge(me(), child, "await")
    await asyncio.wait_for(child, timeout=None)


@case
async def wait_for_a_coroutine():
    loop = asyncio.get_event_loop()
    before = oracle.all_tasks(loop)
    waiting = spawn(asyncio.wait_for(never(), timeout=3600), "waiting")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for inner in oracle.all_tasks(loop) - before - {waiting}:
        edge(waiting, inner, WAIT_FOR)
    await never()


@case
async def wait_for_gather():
    awaited = children("a", "b")
    edges(me(), awaited)
    await asyncio.wait_for(asyncio.gather(*awaited), timeout=3600)


@case
async def wait_for_shield():
    (child,) = children("child")
    edge(me(), child)
    await asyncio.wait_for(asyncio.shield(child), timeout=3600)


@case(since=(3, 11))
async def timeout_around_a_task():
    (child,) = children("child")
    edge(me(), child, "await")
    async with asyncio.timeout(3600):
        await child


# ---------------------------------------------------------------- shield


@case
async def shield():
    (child,) = children("child")
    edge(me(), child, "shield")
    await asyncio.shield(child)


@case
async def shield_of_gather():
    awaited = children("a", "b")
    edges(me(), awaited)
    await asyncio.shield(asyncio.gather(*awaited))


@case
async def gather_of_shields():
    awaited = children("a", "b")
    edges(me(), awaited)
    await asyncio.gather(*map(asyncio.shield, awaited))


@case
async def shield_cancelled_from_outside():
    (child,) = children("child")

    async def shielding():
        await asyncio.shield(child)

    waiting = spawn(shielding(), "shielding")
    await asyncio.sleep(0)
    waiting.cancel()
    await never()


# ---------------------------------------------------------------- task group


if VERSION >= (3, 11):

    @case
    async def task_group():
        async with asyncio.TaskGroup() as group:
            for role in "abc":
                edge(me(), group.create_task(never(), name="task_group/" + role), "task-group")

    @case
    async def task_group_body_still_runs():
        async with asyncio.TaskGroup() as group:
            group.create_task(never(), name="task_group_body/not awaited")
            child = group.create_task(never(), name="task_group_body/awaited")
            edge(me(), child, "await")
            await child

    @case
    async def task_group_inside_task_group():
        async def inner():
            async with asyncio.TaskGroup() as group:
                edge(me(), group.create_task(never()), "task-group")

        async with asyncio.TaskGroup() as group:
            edge(me(), group.create_task(inner()), "task-group")

    @case
    async def two_task_groups_in_one_task():
        async with asyncio.TaskGroup() as outer:
            outer.create_task(never(), name="two_task_groups/outer")
            async with asyncio.TaskGroup() as inner:
                edge(me(), inner.create_task(never(), name="two_task_groups/inner"), "task-group")

    @case
    async def gather_inside_task_group():
        awaited = children("a", "b")

        async def gathering():
            await asyncio.gather(*awaited)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(gathering())
            edges(task, awaited, "gather")
            edge(me(), task, "task-group")


# ---------------------------------------------------------------- as_completed


@case
async def as_completed():
    awaited = children("a", "b")
    edges(me(), awaited)
    for following in asyncio.as_completed(awaited):
        await following


@case(since=(3, 13))
async def as_completed_async_for():
    awaited = children("a", "b")
    edges(me(), awaited)
    async for _ in asyncio.as_completed(awaited):
        pass


# ---------------------------------------------------------------- across loops


def second_loop():
    global other_loop
    if other_loop is None:
        other_loop = loop_in_thread("other-loop")
    return other_loop


async def run_in(loop, coroutine):
    """(concurrent future, task) of `coroutine` run in `loop` from here."""
    tasks = []

    async def announced():
        tasks.append(asyncio.current_task())
        await coroutine

    future = asyncio.run_coroutine_threadsafe(announced(), loop)
    await until(lambda: tasks)
    return future, tasks[0]


@case
async def run_coroutine_threadsafe_wrapped():
    future, task = await run_in(second_loop(), never())
    edge(me(), task)
    await asyncio.wrap_future(future)


@case
async def wrap_future_nobody_runs():
    await asyncio.wrap_future(keep(concurrent.futures.Future()))


@case
async def gather_of_wrapped_futures():
    wrapped = []
    for _ in range(2):
        future, task = await run_in(second_loop(), never())
        wrapped.append(asyncio.wrap_future(future))
        edge(me(), task)
    await asyncio.gather(*wrapped)


@case
async def there_and_back_again():
    """A task here waits for one there, which waits for a second one here."""
    here, there = asyncio.get_event_loop(), second_loop()
    target = spawn(never(), "target")

    async def ask_back():
        future, back = await run_in(here, wait_for_task(target))
        edge(asyncio.current_task(), back)
        edge(back, target, "await")
        await asyncio.wrap_future(future)

    future, asking = await run_in(there, ask_back())
    edge(me(), asking)
    await asyncio.wrap_future(future)


# ---------------------------------------------------------------- other kinds of tasks


def python_task(coroutine):
    return also(asyncio.tasks._PyTask(coroutine, loop=asyncio.get_event_loop()))


@case
async def await_pure_python_task():
    child = python_task(never())
    edge(me(), child, "await")
    await child


@case
async def pure_python_task_awaits_task():
    (child,) = children("child")
    edge(keep(python_task(wait_for_task(child))), child, "await")
    await never()


@case
async def pure_python_task_awaits_pure_python_task():
    child = python_task(never())
    edge(keep(python_task(wait_for_task(child))), child, "await")
    await never()


@case
async def gather_of_pure_python_tasks():
    awaited = [python_task(never()), python_task(never())]
    edges(me(), awaited, "gather")
    await asyncio.gather(*awaited)


@case(since=(3, 12))
async def eager_task_awaits_task():
    (child,) = children("child")
    waiting = asyncio.eager_task_factory(asyncio.get_event_loop(), wait_for_task(child), name="eager")
    edge(waiting, child, "await")
    edge(me(), waiting, "await")
    await waiting


@case
async def task_subclass_awaited():
    class Job(asyncio.Task):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.label = "a job"

    child = keep(Job(never(), loop=asyncio.get_event_loop()))
    edge(me(), child, "await")
    await child


if __name__ == "__main__":
    main()
