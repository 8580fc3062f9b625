"""Tasks of every kind, in every state, with every sort of name."""

import asyncio
import sys
import threading

from cases import VERSION, also, case, keep, main, never, spawn, watch_loop


async def returns(value):
    return value


async def raises(exception):
    raise exception


def loop():
    return asyncio.get_event_loop()


async def finished(task):
    """Lets `task` end without looking at its outcome."""
    while not task.done():
        await asyncio.sleep(0)
    return task


# ---------------------------------------------------------------- kinds of tasks


@case
async def native_task():
    await never()


@case
async def subclass():
    class Job(asyncio.Task):
        pass

    keep(Job(never(), loop=loop()))
    await never()


@case
async def subclass_with_attributes():
    class Job(asyncio.Task):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.label = "a label"
            self.priority = 7

    keep(Job(never(), loop=loop()))
    await never()


@case
async def subclass_with_slots():
    class Job(asyncio.Task):
        __slots__ = ("label", "priority")

    job = keep(Job(never(), loop=loop()))
    job.label = "a label"
    await never()


@case
async def subclass_of_subclass():
    class Job(asyncio.Task):
        __slots__ = ("label",)

    class SmallJob(Job):
        pass

    keep(SmallJob(never(), loop=loop()))
    await never()


@case
async def pure_python_task():
    also(keep(asyncio.tasks._PyTask(never(), loop=loop())))
    await never()


@case
async def pure_python_task_subclass():
    class Job(asyncio.tasks._PyTask):
        pass

    also(keep(Job(never(), loop=loop())))
    await never()


@case
async def pure_python_task_done():
    also(await finished(keep(asyncio.tasks._PyTask(returns(3), loop=loop()))))
    await never()


if VERSION >= (3, 12):

    def eager(coroutine, name):
        return also(keep(asyncio.eager_task_factory(loop(), coroutine, name=name)))

    @case
    async def eager_task_suspended():
        eager(never(), "eager suspended")
        await never()

    @case
    async def eager_task_suspended_and_resumed():
        async def twice():
            await asyncio.sleep(0)
            await never()

        eager(twice(), "eager resumed")
        await never()

    # A limit that the README names: such a task is in no set, and the lists of
    # the collector are not known for these builds, or do not exist.
    if sys.version_info[:2] != (3, 13) or sys.hexversion == 0x030D00F0:

        @case
        async def eager_task_finished_in_first_step():
            eager(returns(5), "eager finished")
            await never()

        @case
        async def eager_task_failed_in_first_step():
            eager(raises(ValueError("eager")), "eager failed")
            await never()

    @case
    async def eager_task_lazily_named():
        number = int(spawn_numbered().get_name().split("-")[1])
        also(keep(asyncio.eager_task_factory(loop(), never())), "Task-{}".format(number + 1))
        await never()


# ---------------------------------------------------------------- done, yet alive


def done_task(coroutine, role):
    return also(spawn(coroutine, role))


@case
async def done_in_global_list():
    await finished(keep(done_task(returns(1), "done")))
    await never()


@case
async def done_as_local_variable():
    local = done_task(returns(1), "done")
    await finished(local)
    await never()
    del local


@case
async def done_as_gather_child():
    await asyncio.gather(done_task(returns(1), "done"), spawn(never(), "pending"))


@case
async def done_as_attribute():
    class Owner:
        pass

    owner = Owner()
    owner.task = done_task(returns(1), "done")
    await finished(owner.task)
    await never()


@case
async def cancelled():
    task = keep(done_task(never(), "cancelled"))
    await asyncio.sleep(0)
    task.cancel()
    await finished(task)
    await never()


@case
async def exception_not_retrieved():
    await finished(keep(done_task(raises(ValueError("nobody looked")), "failed")))
    await never()


@case
async def exception_retrieved():
    task = await finished(keep(done_task(raises(ValueError("somebody looked")), "failed")))
    task.exception()
    await never()


class BillingError(Exception):
    pass


@case
async def exceptions_of_many_types():
    failures = {
        "KeyError": KeyError("flag"),
        "own class": BillingError("invoice 17: no such customer"),
        "no arguments": RuntimeError(),
        "two arguments": RuntimeError("first", 2),
        "not a string": ValueError(42),
        "non-ASCII": ValueError("größer als 10 €"),
        "OSError": OSError(2, "No such file or directory"),
        "several lines": ValueError("one\ntwo"),
    }
    for role, exception in failures.items():
        await finished(keep(done_task(raises(exception), role)))
    await never()


# ---------------------------------------------------------------- cancellation


async def refuse_to_be_cancelled():
    while True:
        try:
            await never()
        except asyncio.CancelledError:
            pass


@case
async def cancelled_twice_and_alive():
    task = keep(spawn(refuse_to_be_cancelled(), "stubborn"))
    await asyncio.sleep(0)
    for _ in range(2):
        task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
    await never()


@case(since=(3, 11))
async def cancelled_and_taken_back():
    task = keep(spawn(refuse_to_be_cancelled(), "stubborn"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.uncancel()
    await never()


# ---------------------------------------------------------------- a loop that does not turn


def on_stopped_loop(setup):
    """Runs `setup(loop)` to its end in another thread; the loop stays stopped, its tasks stay."""
    stopped = watch_loop(asyncio.new_event_loop())
    thread = threading.Thread(target=lambda: stopped.run_until_complete(setup(stopped)))
    thread.start()
    thread.join()
    return stopped


@case
async def ready_never_started():
    keep(watch_loop(asyncio.new_event_loop()).create_task(never()))
    await never()


@case
async def ready_must_cancel_before_first_step():
    keep(watch_loop(asyncio.new_event_loop()).create_task(never())).cancel()
    await never()


@case
async def ready_because_result_is_there():
    futures = []

    async def wait_for_result():
        futures.append(asyncio.get_event_loop().create_future())
        await futures[0]

    async def setup(stopped):
        keep(stopped.create_task(wait_for_result()))
        await asyncio.sleep(0)

    on_stopped_loop(setup)
    futures[0].set_result("arrived")
    await never()


@case
async def ready_because_it_yielded():
    async def yields():
        while True:
            await asyncio.sleep(0)

    async def setup(stopped):
        keep(stopped.create_task(yields()))
        await asyncio.sleep(0)

    on_stopped_loop(setup)
    await never()


@case
async def ready_to_be_cancelled():
    tasks = []

    async def setup(stopped):
        tasks.append(keep(stopped.create_task(never())))
        await asyncio.sleep(0)

    on_stopped_loop(setup)
    tasks[0].cancel()
    await never()


@case
async def waiting_on_a_stopped_loop():
    async def setup(stopped):
        keep(stopped.create_task(never()))
        await asyncio.sleep(0)

    on_stopped_loop(setup)
    await never()


# ---------------------------------------------------------------- names


def spawn_numbered():
    """A task whose name asyncio made up."""
    return keep(loop().create_task(never()))


@case
async def name_lazily_formatted():
    number = int(spawn_numbered().get_name().split("-")[1]) if VERSION >= (3, 8) else 0
    name = "Task-{}".format(number + 1) if VERSION >= (3, 8) else ""
    also(spawn_numbered(), name)
    await never()


def named(name):
    return keep(loop().create_task(never(), name=name))


if VERSION >= (3, 8):

    @case
    async def name_non_ascii():
        for name in ("imię", "caf\xe9", "имя-задачи", "mixed \U0001F600 emoji", "日本語"):
            named(name)
        await never()

    @case
    async def name_with_control_characters():
        for name in ("two\nlines", "tab\tand\rreturn", "escape \x1b[31mred\x1b[0m", "nul\0inside"):
            named(name)
        await never()

    @case
    async def name_empty():
        named("")
        await never()

    @case
    async def name_very_long():
        named("long-" + "z" * 100000)
        named("длинный-" + "я" * 100000)
        await never()

    @case
    async def name_is_not_text():
        named(17)
        named(("tuple", 1))
        await never()

    @case
    async def name_changed():
        task = named("before")
        task.set_name("after")
        await never()

    @case
    async def name_looks_like_a_number():
        named("Task-x")
        named("18")
        await never()

    @case
    async def name_with_quotes():
        named("it's a \"name\" \\ with quotes")
        await never()

    @case
    async def name_is_a_str_subclass():
        class Label(str):
            pass

        named(Label("a label"))
        named(Label("ярлык"))
        await never()


# ---------------------------------------------------------------- coroutines of tasks


class Handler:
    class Inner:
        async def run(self):
            await never()


@case
async def coroutine_is_nested_method():
    spawn(Handler.Inner().run(), "method")
    await never()


@case
async def coroutine_is_local_function():
    async def local():
        await never()

    spawn(local(), "local")
    await never()


@case
async def coroutine_has_non_ascii_name():
    async def größe():
        await never()

    spawn(größe(), "größe")
    await never()


@case
async def coroutine_name_was_changed():
    async def plain():
        await never()

    coroutine = plain()
    coroutine.__qualname__ = "Renamed.plain"
    spawn(coroutine, "renamed")
    await never()


if __name__ == "__main__":
    main()
