# own semaphore: each waiter has an asyncio.Event of its own, __aexit__ sets the next
import asyncio, collections, contextlib, signal, threading, time
signal.alarm(900)

class Lock:
    def __init__(self):
        self.owner, self.waiters = None, collections.deque()
    async def __aenter__(self):
        while self.owner is not None:
            event = asyncio.Event()
            self.waiters.append(event)
            await event.wait()
        self.owner = asyncio.current_task()
    async def __aexit__(self, *exc):
        self.owner = None
        if self.waiters:
            self.waiters.popleft().set()

async def request(lock, seconds):
    async with lock:
        await asyncio.sleep(seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
