"""Healthy: a semaphore of three permits with ten tasks behind it; the permits move."""
import asyncio, signal
signal.alarm(900)


async def request(permits, n):
    while True:
        async with permits:
            await asyncio.sleep(0.02 + n * 0.001)


async def main():
    permits = asyncio.Semaphore(3)
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(*[asyncio.create_task(request(permits, n), name=f"request-{n}") for n in range(10)])


asyncio.run(main())
