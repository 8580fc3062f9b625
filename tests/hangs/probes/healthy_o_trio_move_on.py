# healthy: tg15 trio move on
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import trio


async def receiver(event):
    await event.wait()


async def main():
    with trio.move_on_after(DELAY):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(receiver, trio.Event())
            print("READY", flush=True)
    print("DONE", flush=True)


trio.run(main)
