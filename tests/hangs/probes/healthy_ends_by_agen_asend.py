# somebody alive ends the wait after 45 s: agen asend
import signal
signal.alarm(900)
import asyncio, functools, contextlib, weakref, time, threading, itertools, contextvars
class App:
    def __init__(self):
        self.ev = asyncio.Event()
async def wait(app):
    await app.ev.wait()
async def steps(app):
    await asyncio.sleep(0)
    yield 1
    app.ev.set()
    yield 2
async def later(app):
    g = steps(app)
    await g.__anext__()
    await asyncio.sleep(45)
    await g.__anext__()
async def main():
    app = App()
    t = asyncio.create_task(wait(app), name='waiter')
    v = asyncio.create_task(later(app), name='later')
    print('READY', flush=True)
    await t
asyncio.run(main())
