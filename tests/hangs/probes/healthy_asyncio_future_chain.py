# healthy probe: a done callback of a task that sleeps 25 s sets a future
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Relay:
    def __init__(self, loop):
        self.future = loop.create_future()
    def on_done(self, task):
        self.future.set_result(task.result())
async def heartbeat():
    while True: await asyncio.sleep(0.1)
async def main():
    relay = Relay(asyncio.get_running_loop())
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    task = asyncio.create_task(asyncio.sleep(25), name="slow")
    task.add_done_callback(relay.on_done)
    await relay.future
asyncio.run(main())
