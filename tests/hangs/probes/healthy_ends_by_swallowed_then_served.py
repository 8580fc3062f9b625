# somebody alive ends the wait after 45 s: A swallowed cancellation whose queue is served by a callback in 45 s: WHY says a callback refers to it, VERDICT says HUNG certain.
import signal
signal.alarm(900)
import asyncio
async def pump(q):
    while True:
        try:
            if await q.get() == 1:
                return
        except asyncio.CancelledError:
            continue
async def main():
    q = asyncio.Queue()
    t = asyncio.create_task(pump(q), name="pump")
    await asyncio.sleep(0.1)
    t.cancel()
    asyncio.get_running_loop().call_later(45, q.put_nowait, 1)
    print("READY", flush=True)
    await t
    print("ENDED", flush=True)
asyncio.run(main())
