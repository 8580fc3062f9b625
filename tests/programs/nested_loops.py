"""A loop patched by nest_asyncio, whose tasks are pure-Python ones."""

import asyncio

import nest_asyncio

from cases import case, edge, main, never, spawn


def me():
    """The running task; on 3.14 and later the C function knows no pure-Python ones."""
    return getattr(asyncio.tasks, "_py_current_task", asyncio.current_task)()


@case
async def chain():
    async def inner():
        await never()

    await inner()


@case
async def await_task():
    child = spawn(never(), "child")
    edge(me(), child, "await")
    await child


@case
async def gather():
    children = [spawn(never(), role) for role in "ab"]
    for child in children:
        edge(me(), child, "gather")
    await asyncio.gather(*children)


@case
async def sleep():
    await asyncio.sleep(3600)


def run(coroutine):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    nest_asyncio.apply(loop)
    loop.run_until_complete(coroutine)


if __name__ == "__main__":
    main(run)
