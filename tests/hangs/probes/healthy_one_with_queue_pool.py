# own pool: __aexit__ puts the connection back into an asyncio.Queue
import asyncio, collections, contextlib, signal, threading, time
signal.alarm(900)

class Lock:
    def __init__(self):
        self.free = asyncio.Queue()
        self.free.put_nowait("conn")
    async def __aenter__(self):
        self.conn = await self.free.get()
    async def __aexit__(self, *exc):
        self.free.put_nowait(self.conn)

async def request(lock, seconds):
    async with lock: await asyncio.sleep(seconds)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    lock = Lock()
    await asyncio.gather(request(lock, 25), request(lock, 0))
asyncio.run(main())
