# a retry wrapper sleeps 25 s after a failure and calls the setter again
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

def retry(f):
    @functools.wraps(f)
    async def wrapper(*args):
        while True:
            try: return await f(*args)
            except RuntimeError: await asyncio.sleep(25)
    return wrapper
class Service:
    def __init__(self): self.ready = asyncio.Event(); self.fail = True
    @retry
    async def load(self):
        if self.fail:
            self.fail = False
            raise RuntimeError
        self.ready.set()
    async def run(self):
        t = asyncio.create_task(self.load(), name="load")
        await self.ready.wait()

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
