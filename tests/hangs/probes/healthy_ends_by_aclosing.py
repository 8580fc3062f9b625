# somebody alive ends the wait after 45 s: aclosing
import signal
signal.alarm(900)
import asyncio, functools, contextlib, weakref, time, threading, itertools, contextvars
class App:
    def __init__(self):
        self.ev = asyncio.Event()
async def wait(app):
    await app.ev.wait()
async def steps(app):
    try:
        yield 1
    finally:
        app.ev.set()
@contextlib.asynccontextmanager
async def closing(g):
    try:
        yield g
    finally:
        await g.aclose()
async def later(app):
    async with closing(steps(app)) as g:
        async for x in g:
            await asyncio.sleep(45)
async def main():
    app = App()
    t = asyncio.create_task(wait(app), name='waiter')
    v = asyncio.create_task(later(app), name='later')
    print('READY', flush=True)
    await t
asyncio.run(main())
