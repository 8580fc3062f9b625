# healthy twin of anyio_limiter_lost: second is not cancelled and has the token for 25 s
import asyncio, collections, signal
signal.alarm(900)

class CapacityLimiter:
    def __init__(self, total):
        self.total, self.borrowers, self.queue = total, set(), collections.OrderedDict()
    async def acquire(self):
        task = asyncio.current_task()
        if len(self.borrowers) < self.total and not self.queue:
            self.borrowers.add(task)
            return
        event = asyncio.Event()
        self.queue[task] = event
        try:
            await event.wait()
        except BaseException:
            self.queue.pop(task, None)
            raise
    def release(self):
        self.borrowers.discard(asyncio.current_task())
        if self.queue:
            task, event = self.queue.popitem(last=False)
            self.borrowers.add(task)
            event.set()
    async def __aenter__(self):
        await self.acquire()
    async def __aexit__(self, *exc):
        self.release()

async def download(limiter, seconds):
    async with limiter:
        await asyncio.sleep(seconds)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    limiter = CapacityLimiter(1)
    await limiter.acquire()
    second = asyncio.create_task(download(limiter, 25), name="second")
    await asyncio.sleep(0.1)
    limiter.release()
    await asyncio.create_task(download(limiter, 0.1), name="third")

asyncio.run(main())
