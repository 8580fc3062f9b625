# own lock of futures: async with pool.acquire(), a guard object releases the pool
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

class Guard:
    def __init__(self, lock):
        self.lock = lock
    async def __aenter__(self):
        return await self.lock.acquire()
    async def __aexit__(self, *exc):
        self.lock.release()
class Pool(Lock):
    def get(self):
        return Guard(self)
async def request(pool, seconds):
    async with pool.get() as conn:
        await asyncio.sleep(seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Pool()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
