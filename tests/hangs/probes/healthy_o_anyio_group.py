# healthy: tg12 anyio group
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import anyio


async def receiver(event):
    await event.wait()


async def keepalive(scope):
    await anyio.sleep(DELAY)
    scope.cancel()


async def main():
    async with anyio.create_task_group() as group:
        group.start_soon(receiver, anyio.Event())
        group.start_soon(keepalive, group.cancel_scope)
        print("READY", flush=True)
    print("DONE", flush=True)


anyio.run(main)
