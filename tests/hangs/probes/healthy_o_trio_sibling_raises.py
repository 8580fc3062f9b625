# healthy: tg14 trio sibling raises
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import trio


async def receiver(event):
    await event.wait()


async def keepalive():
    await trio.sleep(DELAY)
    raise OSError


async def main():
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(receiver, trio.Event())
            nursery.start_soon(keepalive)
            print("READY", flush=True)
    except* OSError:
        print("DONE", flush=True)


trio.run(main)
