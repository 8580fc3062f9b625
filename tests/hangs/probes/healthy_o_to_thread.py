# healthy: cv3 to thread
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import asyncio
import contextvars
import threading

current = contextvars.ContextVar("current")


def backend():
    time.sleep(DELAY)
    current.get().set()


def listener(event):
    event.wait()


async def main():
    event = threading.Event()
    current.set(event)
    asyncio.create_task(asyncio.to_thread(backend))
    thread = threading.Thread(target=listener, args=(event,))
    thread.start()
    print("READY", flush=True)
    await asyncio.to_thread(thread.join)
    print("DONE", flush=True)


asyncio.run(main())
