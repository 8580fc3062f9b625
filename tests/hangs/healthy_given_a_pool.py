"""Healthy: functions that are given a pool, a queue or a stream, and wait for timers."""
import asyncio, signal
signal.alarm(900)


class Pool:
    def __init__(self, size):
        self._maxsize = size
        self._used = set()
        self._free = list(range(size))


async def handle(pool):
    connection = pool._free.pop()
    pool._used.add(connection)
    await asyncio.sleep(30)
    pool._used.discard(connection)
    pool._free.append(connection)


async def get(queue):
    await asyncio.sleep(30)
    queue.get_nowait()


async def readline(reader):
    await asyncio.sleep(30)
    reader.feed_eof()


async def main():
    pool, queue, reader = Pool(2), asyncio.Queue(), asyncio.StreamReader()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    tasks = [handle(pool), handle(pool), get(queue), readline(reader)]
    names = ["handle-1", "handle-2", "get", "readline"]
    await asyncio.gather(*[asyncio.create_task(task, name=name) for task, name in zip(tasks, names)])


asyncio.run(main())
