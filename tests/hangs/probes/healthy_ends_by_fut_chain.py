# somebody alive ends the wait after 45 s: fut chain
import signal
signal.alarm(900)
import asyncio, functools, contextlib, weakref, time, threading, itertools, contextvars
class App:
    def __init__(self):
        self.ev = asyncio.Event()
async def wait(app):
    await app.ev.wait()
async def later(app):
    loop = asyncio.get_running_loop()
    f = loop.create_future()
    f.add_done_callback(lambda _: app.ev.set())
    loop.call_later(45, f.set_result, 1)
    await f
async def main():
    app = App()
    t = asyncio.create_task(wait(app), name='waiter')
    v = asyncio.create_task(later(app), name='later')
    print('READY', flush=True)
    await t
asyncio.run(main())
