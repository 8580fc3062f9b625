# somebody alive ends the wait after 45 s: fut chain nowait
import signal
signal.alarm(900)
import asyncio, functools, contextlib, weakref, time, threading, itertools, contextvars
class App:
    def __init__(self):
        self.ev = asyncio.Event()
async def wait(app):
    await app.ev.wait()
def later(app):
    loop = asyncio.get_running_loop()
    f = loop.create_future()
    f.add_done_callback(lambda _: app.ev.set())
    loop.call_later(45, f.set_result, 1)
async def main():
    app = App()
    t = asyncio.create_task(wait(app), name='waiter')
    later(app)
    print('READY', flush=True)
    await t
asyncio.run(main())
