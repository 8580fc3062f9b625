# healthy twin of osparc_poller: the poller lets its cancellation pass
import asyncio, signal
signal.alarm(900)

async def poller(inbox):
    while True:
        try:
            message = await inbox.get()
        except ConnectionError:
            continue
        if message == "disconnect":
            return

async def compute():
    await asyncio.sleep(0.3)
    raise ValueError("no such study")

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def handler():
    async with asyncio.TaskGroup() as group:
        group.create_task(poller(asyncio.Queue()), name="poller")
        group.create_task(compute(), name="compute")

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    try:
        await handler()
    except ExceptionGroup:
        pass
    await beat

asyncio.run(main())
