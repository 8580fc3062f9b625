# a condition wakes one waiter, which is cancelled in the same turn, and the notification is lost (rebuilds python/cpython issue 112202)
import asyncio, signal
signal.alarm(900)

async def consumer(arrived, items):
    async with arrived:
        while not items:
            await arrived.wait()
        items.pop()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    arrived = asyncio.Condition()
    items = []
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    first = asyncio.create_task(consumer(arrived, items), name="first")
    second = asyncio.create_task(consumer(arrived, items), name="second")
    await asyncio.sleep(0.2)
    async with arrived:
        items.append("job")
        arrived.notify()
        first.cancel()
    asyncio.get_running_loop().call_later(1, print, "READY")
    await second
    await beat

asyncio.run(main())
