# somebody alive ends the wait after 45 s: agen aclose finally
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
async def later(app):
    g = steps(app)
    await g.__anext__()
    await asyncio.sleep(45)
    await g.aclose()
async def main():
    app = App()
    t = asyncio.create_task(wait(app), name='waiter')
    v = asyncio.create_task(later(app), name='later')
    print('READY', flush=True)
    await t
asyncio.run(main())
