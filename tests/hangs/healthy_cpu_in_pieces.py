"""Healthy, busy: much computing, but in pieces of some milliseconds between which the loop turns."""
import asyncio, signal
signal.alarm(900)


def piece(start):
    total = 0
    for n in range(start, start + 20_000):
        total += n * n
    return total


async def compute(results):
    for start in range(0, 10**12, 20_000):
        results[0] += piece(start)
        await asyncio.sleep(0.001)


async def ticker(ticks):
    while True:
        await asyncio.sleep(0.02)
        ticks[0] += 1


async def main():
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(compute([0]), ticker([0]))


asyncio.run(main())
