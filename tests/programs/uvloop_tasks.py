"""Tasks on uvloop, whose loop is not Python's."""

import asyncio
import threading

import uvloop

import oracle
from cases import case, edge, keep, main, never, spawn


@case
async def chain():
    async def inner():
        await never()

    await inner()


@case
async def sleep():
    await asyncio.sleep(3600)


@case
async def async_generator():
    async def rows():
        await never()
        yield

    async for _ in rows():
        pass


@case
async def gather():
    children = [spawn(never(), role) for role in "ab"]
    for child in children:
        edge(asyncio.current_task(), child, "gather")
    await asyncio.gather(*children)


@case
async def await_task():
    child = spawn(never(), "child")
    edge(asyncio.current_task(), child, "await")
    await child


@case
async def wait_for_with_timeout():
    child = spawn(never(), "child")
    edge(asyncio.current_task(), child, "wait_for" if oracle.VERSION < (3, 12) else "await")
    await asyncio.wait_for(child, 3600)


@case
async def stream_read():
    server = keep(await asyncio.start_server(lambda *streams: keep(streams), "127.0.0.1", 0))
    reader, _ = keep(await asyncio.open_connection(*server.sockets[0].getsockname()))
    await reader.read(1)


@case
async def in_executor():
    await asyncio.get_event_loop().run_in_executor(None, keep(threading.Event()).wait)


def run(coroutine):
    """`uvloop.run` wraps the coroutine from 0.18 on; installing works on all versions."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(coroutine)


if __name__ == "__main__":
    main(run)
