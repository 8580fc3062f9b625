# aiorwlock: a writer waits for a reader
import asyncio, aiorwlock
from svc_noise import SLOW, ready, aio_heartbeat

class Store:
    def __init__(self):
        self.lock, self.segments = aiorwlock.RWLock(), asyncio.Queue()
    async def scan(self, n):
        async with self.lock.reader:
            await asyncio.sleep(SLOW); return n
    async def compact(self):
        async with self.lock.writer:
            self.segments.put_nowait("merged")

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    store = Store()
    async with asyncio.TaskGroup() as group:
        scan = group.create_task(store.scan(1), name="scan-1")
        await asyncio.sleep(0.1)
        group.create_task(store.compact(), name="compact")
        ready()
    print("DONE", flush=True)
    beat.cancel()
asyncio.run(main())
