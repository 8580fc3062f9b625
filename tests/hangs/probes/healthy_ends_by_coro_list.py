# somebody alive ends the wait after 45 s: coro list
import signal
signal.alarm(900)
import asyncio, functools, contextlib, weakref, time, threading, itertools, contextvars
class App:
    def __init__(self):
        self.ev = asyncio.Event()
async def wait(app):
    await app.ev.wait()
async def fin(app): app.ev.set()
async def later(cs):
    await asyncio.sleep(45)
    for c in cs:
        await c
async def main():
    app = App()
    t = asyncio.create_task(wait(app), name='waiter')
    v = asyncio.create_task(later([fin(app)]), name='later')
    print('READY', flush=True)
    await t
asyncio.run(main())
