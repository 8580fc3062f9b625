# healthy twin of subworkflow_slots: the slot is given back before the subworkflows are awaited, and each takes 8 s
import asyncio, signal
signal.alarm(900)

async def run(name, slots, depth):
    async with slots:
        await asyncio.sleep(8)
    if depth:
        await asyncio.gather(*(asyncio.create_task(run(f"{name}.{n}", slots, depth - 1), name=f"{name}.{n}") for n in range(2)))

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    slots = asyncio.Semaphore(2)
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    asyncio.get_running_loop().call_later(1, print, "READY")
    await asyncio.gather(*(asyncio.create_task(run(name, slots, 1), name=name) for name in ("align", "call")))
    await beat

asyncio.run(main())
