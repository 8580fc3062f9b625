# own lock of futures: __aexit__ starts a task that releases
import asyncio, collections, contextlib, signal, threading, time
signal.alarm(900)

class Lock:
    def __init__(self):
        self.owner, self.waiters = None, collections.deque()
    async def acquire(self):
        if self.owner is None:
            self.owner = asyncio.current_task()
            return self
        fut = asyncio.get_running_loop().create_future()
        self.waiters.append(fut)
        await fut
        return self
    def release(self):
        self.owner = None
        if self.waiters:
            self.waiters.popleft().set_result(None)

    __aenter__ = acquire
    async def __aexit__(self, *exc):
        asyncio.create_task(self.later())
    async def later(self):
        await asyncio.sleep(0.01)
        self.release()

async def request(lock, seconds):
    async with lock: await asyncio.sleep(seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
