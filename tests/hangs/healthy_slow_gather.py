"""Healthy: gather() of downloads that are slow but move."""
import asyncio, signal
signal.alarm(900)


async def download(part, chunks):
    for n in range(10_000):
        await asyncio.sleep(0.1 + part * 0.02)
        chunks[part] = n


async def main():
    chunks = {}
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(*(download(part, chunks) for part in range(6)))


asyncio.run(main())
