# healthy probe: a sleeping task finds the waiter's future in a WeakValueDictionary after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class Waiter:
    def __init__(self, loop): self.future = loop.create_future()
registry = weakref.WeakValueDictionary()
async def setter():
    await asyncio.sleep(25)
    for waiter in list(registry.values()): waiter.future.set_result(1)
async def main():
    task = asyncio.create_task(setter(), name="setter")
    waiter = Waiter(asyncio.get_running_loop())
    registry["a"] = waiter
    await waiter.future
asyncio.run(main())
