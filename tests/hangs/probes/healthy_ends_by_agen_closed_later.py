# somebody alive ends the wait after 45 s: A task closes the suspended generator (aclose) after 45 s: 'held by generator ... (certain)', HUNG, 'RECOVERY none'.
import signal
signal.alarm(900)
import asyncio
async def rows(lock):
    async with lock:
        for i in range(10):
            yield i
async def first(gen):
    async for row in gen:
        return row
async def close_later(keep):
    await asyncio.sleep(45)
    for gen in keep:
        await gen.aclose()
async def write(lock):
    async with lock:
        return 1
async def main():
    lock = asyncio.Lock()
    keep = [rows(lock)]
    await first(keep[0])
    late = asyncio.create_task(close_later(keep))
    print("READY", flush=True)
    await asyncio.create_task(write(lock), name="writer")
    print("ENDED", flush=True)
asyncio.run(main())
