# a local variable has the coroutine: it sleeps 25 s and awaits it
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class S:
    def __init__(self): self.done = asyncio.Event()
    async def finish(self): self.done.set()
    async def runner(self):
        coro = self.finish()
        await asyncio.sleep(25)
        await coro
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = S(); t = asyncio.create_task(s.runner())
    await s.done.wait()
asyncio.run(main())
