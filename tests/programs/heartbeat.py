"""Tasks and a steady heartbeat on stdout, so that a test sees whether the process goes on.

Uses nothing of this directory, so that it also runs as `python -c`.
"""

import asyncio
import os
import signal


async def beat():
    number = 0
    while True:
        number += 1
        print("beat", number, flush=True)
        await asyncio.sleep(0.02)


async def wait_for(task):
    await task


async def main():
    heart = asyncio.ensure_future(beat())
    for _ in range(5):
        asyncio.ensure_future(wait_for(heart))
    await asyncio.sleep(0.1)
    print("READY", os.getpid(), flush=True)
    await heart


if __name__ == "__main__":
    signal.alarm(600)
    asyncio.run(main())
