# healthy: contextvar task
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the current session is found by a context variable
import asyncio
import contextvars

session_var = contextvars.ContextVar("session")


class Session:
    def __init__(self):
        self.committed = asyncio.Event()


async def commit():
    session = session_var.get()
    session.committed.set()


async def handler():
    await asyncio.sleep(DELAY)
    await commit()


async def main():
    session = Session()
    session_var.set(session)
    task = asyncio.create_task(handler())
    print("READY", flush=True)
    await session.committed.wait()
    print("DONE", flush=True)


asyncio.run(main())
