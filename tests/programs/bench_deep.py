"""Many tasks, six frames deep, that wait for an empty queue.

usage: bench_deep.py TASKS [busy | THREADS]
With `busy` one task in a hundred wakes up all the time.
"""

import asyncio
import sys
import threading


async def level(queue, depth):
    if depth:
        return await level(queue, depth - 1)
    return await queue.get()


async def busy():
    while True:
        await asyncio.sleep(0.001)


async def main(count, mode):
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(level(queue, 4)) for _ in range(count)]
    if mode == "busy":
        tasks += [asyncio.create_task(busy()) for _ in range(count // 100)]
    elif mode:
        for _ in range(int(mode)):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
    # Every task has had its first step when this is called.
    asyncio.get_running_loop().call_soon(print_ready)
    await asyncio.gather(*tasks)


def print_ready():
    print("READY", flush=True)


asyncio.run(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
