# a readers-writer lock on an asyncio.Condition; a reader that failed is still counted
import asyncio, functools
from contextlib import asynccontextmanager
from svc_noise import SLOW, ready, aio_heartbeat, small_server

class RW:
    def __init__(self):
        self.cond, self.readers, self.writing = asyncio.Condition(), 0, False
    async def read_begin(self):
        async with self.cond:
            await self.cond.wait_for(lambda: not self.writing)
            self.readers += 1
    async def read_end(self):
        async with self.cond:
            self.readers -= 1
            self.cond.notify_all()
    @asynccontextmanager
    async def write(self):
        async with self.cond:
            await self.cond.wait_for(lambda: not self.readers and not self.writing)
            self.writing = True
        yield
        async with self.cond:
            self.writing = False
            self.cond.notify_all()

def reading(fn):
    @functools.wraps(fn)
    async def wrapper(self, *args):
        await self.rw.read_begin()
        result = await fn(self, *args)
        await self.rw.read_end()
        return result
    return wrapper

class Store:
    def __init__(self):
        self.rw = RW()
    @reading
    async def report(self, seconds):
        await asyncio.sleep(seconds)
    async def migrate(self):
        async with self.rw.write():
            return "migrated"

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    store = Store()
    report = asyncio.create_task(store.report(SLOW), name="report")
    report.add_done_callback(lambda t: t.exception())
    await asyncio.sleep(0.1)
    ready()
    print(await asyncio.create_task(store.migrate(), name="migrate"))
    print("DONE", flush=True)
small_server()
asyncio.run(main())
