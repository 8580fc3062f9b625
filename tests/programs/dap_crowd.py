"""Thirty tasks that wait alike, and two that wait for each other: the last ones made."""

import asyncio
import signal


async def worker(event):
    await event.wait()


async def transfer(first, second, taken):
    async with first:
        taken()
        await asyncio.sleep(0.1)
        async with second:
            pass


async def named(name, coroutine):
    task = asyncio.get_running_loop().create_task(coroutine)
    task.set_name(name)
    return task


async def main():
    event, one, two = asyncio.Event(), asyncio.Lock(), asyncio.Lock()
    tasks = [await named("worker-%02d" % n, worker(event)) for n in range(30)]
    tasks.append(await named("transfer-1", transfer(one, two, int)))
    tasks.append(await named("transfer-2", transfer(two, one, int)))
    await asyncio.sleep(0.3)
    print("READY", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    signal.alarm(600)
    asyncio.run(main())
