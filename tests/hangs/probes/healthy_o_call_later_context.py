# healthy: call later context
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: a timer's callback reads a context variable
import asyncio
import contextvars

waiter_var = contextvars.ContextVar("waiter")


class Reminder:
    def __call__(self):
        waiter_var.get().set_result("time is up")


async def main():
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()
    waiter_var.set(waiter)
    loop.call_later(DELAY, Reminder())
    print("READY", flush=True)
    print(await waiter)
    print("DONE", flush=True)


asyncio.run(main())
