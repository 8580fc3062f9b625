# healthy probe: a task that sleeps reaches the event by a context variable only
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
current = contextvars.ContextVar("current")
async def setter():
    await asyncio.sleep(25)
    current.get().set()
async def main():
    event = asyncio.Event()
    current.set(event)
    task = asyncio.create_task(setter(), name="setter")
    await event.wait()
asyncio.run(main())
