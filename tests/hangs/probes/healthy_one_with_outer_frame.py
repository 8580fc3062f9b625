# own lock of futures: the one who has it sleeps in a function called from the async with block
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
        self.release()
async def work(seconds):
    await asyncio.sleep(seconds)
async def request(lock, seconds):
    async with lock: await work(seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
