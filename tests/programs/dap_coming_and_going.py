"""Tasks that come and go, and an end that is asked for: `dap_coming_and_going.py FILE`.

The program ends with the status that FILE holds, as soon as there is one.
"""

import asyncio
import os
import signal
import sys


async def visitor():
    await asyncio.sleep(2)


async def visits():
    while True:
        asyncio.get_running_loop().create_task(visitor())
        await asyncio.sleep(1)


async def main():
    asyncio.get_running_loop().create_task(visits())
    await asyncio.sleep(0.1)
    print("READY", flush=True)
    while not os.path.exists(sys.argv[1]):
        await asyncio.sleep(0.02)
    with open(sys.argv[1]) as file:
        os._exit(int(file.read()))


if __name__ == "__main__":
    signal.alarm(600)
    asyncio.run(main())
