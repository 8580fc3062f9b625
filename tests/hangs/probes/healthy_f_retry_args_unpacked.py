# retry(f, *args) calls f(*args) again in 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

async def load(s):
    if s.fail:
        s.fail = False
        raise RuntimeError
    s.ready.set()
class Service:
    def __init__(self): self.ready = asyncio.Event(); self.fail = True
async def retry(f, *args):
    while True:
        try: return await f(*args)
        except RuntimeError: await asyncio.sleep(25)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    s = Service(); t = asyncio.create_task(retry(load, s))
    await s.ready.wait()
asyncio.run(main())
