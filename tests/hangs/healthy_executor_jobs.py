"""Healthy: short jobs in a thread pool, one after the other, more jobs than workers."""
import asyncio, concurrent.futures, signal, time
signal.alarm(900)


def resize(n):
    time.sleep(0.05)
    return n


async def album(pool, first):
    loop = asyncio.get_running_loop()
    for n in range(first, 1_000_000):
        await loop.run_in_executor(pool, resize, n)


async def main():
    pool = concurrent.futures.ThreadPoolExecutor(2, thread_name_prefix="resize")
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(*[asyncio.create_task(album(pool, n), name=f"album-{n}") for n in range(4)])


asyncio.run(main())
