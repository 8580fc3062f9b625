# the loop itself retries: while True: try: f() except: sleep(25)
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.ready = asyncio.Event(); self.fail = True
    async def load(self):
        if self.fail:
            self.fail = False
            raise RuntimeError
        self.ready.set()
    async def keep(self):
        while True:
            try: return await self.load()
            except RuntimeError: await asyncio.sleep(25)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = Service(); t = asyncio.create_task(s.keep())
    await s.ready.wait()
asyncio.run(main())
