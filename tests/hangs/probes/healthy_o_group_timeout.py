import asyncio
async def limited(ev):
    async with asyncio.timeout(40):
        await ev.wait()
async def other(ev):
    await ev.wait()
async def main():
    a, b = asyncio.Event(), asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(limited(a))
            tg.create_task(other(b))
            print("READY", flush=True)
    except* TimeoutError:
        print("late")
asyncio.run(main())
