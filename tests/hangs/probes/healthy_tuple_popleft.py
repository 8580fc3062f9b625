# own lock: its waiters are tuples, release() unpacks popleft()
import asyncio, collections, dataclasses, signal
signal.alarm(900)
@dataclasses.dataclass
class Item:
    task: object
    fut: object
class Lock:
    def __init__(self):
        self.owner, self.waiters = None, collections.deque()
    async def acquire(self):
        if self.owner is None:
            self.owner = asyncio.current_task()
            return
        fut = asyncio.get_running_loop().create_future()
        self.waiters.append((asyncio.current_task(), fut))
        await fut
    def release(self):
        self.owner = None
        if self.waiters:
            task, fut = self.waiters.popleft()
            fut.set_result(None)
    async def __aenter__(self):
        await self.acquire()
    async def __aexit__(self, *exc):
        self.release()
async def request(lock, seconds):
    async with lock:
        await asyncio.sleep(seconds)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
