# healthy probe: a done callback of a task (own coroutine, 25 s) sets a future
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Relay:
    def __init__(self, loop): self.future = loop.create_future()
    def on_done(self, task): self.future.set_result(task.result())
async def work():
    await asyncio.sleep(25)
async def main():
    relay = Relay(asyncio.get_running_loop())
    task = asyncio.create_task(work(), name="slow")
    task.add_done_callback(relay.on_done)
    await relay.future
asyncio.run(main())
