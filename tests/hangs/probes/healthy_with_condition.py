# own slot: __aexit__ notifies an asyncio.Condition
import asyncio, collections, contextlib, signal, threading, time
signal.alarm(900)

class Lock:
    def __init__(self):
        self.free, self.cond = 1, asyncio.Condition()
    async def __aenter__(self):
        async with self.cond:
            while not self.free:
                await self.cond.wait()
            self.free -= 1
    async def __aexit__(self, *exc):
        async with self.cond:
            self.free += 1
            self.cond.notify()

async def request(lock, seconds):
    async with lock:
        await asyncio.sleep(seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
