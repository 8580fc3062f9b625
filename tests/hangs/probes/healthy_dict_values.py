# own lock: its waiters are in a dict, release() runs over values()
import asyncio, collections, dataclasses, signal
signal.alarm(900)
@dataclasses.dataclass
class Item:
    task: object
    fut: object
class Lock:
    def __init__(self):
        self.owner, self.waiters = None, {}
    async def acquire(self):
        if self.owner is None:
            self.owner = asyncio.current_task()
            return
        fut = asyncio.get_running_loop().create_future()
        self.waiters[asyncio.current_task()] = fut
        await fut
    def release(self):
        self.owner = None
        for fut in self.waiters.values():
            if not fut.done():
                fut.set_result(None)
                return
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
