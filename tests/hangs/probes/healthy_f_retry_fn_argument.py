# retry(f) gets the function as an argument and calls it again in 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.ready = asyncio.Event(); self.fail = True
    async def load(self):
        if self.fail:
            self.fail = False
            raise RuntimeError
        self.ready.set()
async def retry(f):
    while True:
        try: return await f()
        except RuntimeError: await asyncio.sleep(25)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = Service(); t = asyncio.create_task(retry(s.load))
    await s.ready.wait()
asyncio.run(main())
