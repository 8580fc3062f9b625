# somebody alive ends the wait after 45 s: A watchdog task that was given `t.cancel` cancels a deadlock after 45 s:
import signal
signal.alarm(900)
import asyncio
async def step(lock):
    async with lock:
        return 1
async def run_steps(lock):
    await lock.acquire()
    try:
        await asyncio.wait([asyncio.create_task(step(lock), name="child")])
    finally:
        lock.release()
async def watchdog(give_up):
    p = await asyncio.create_subprocess_exec("sleep", "45")
    await p.wait()
    give_up()
async def main():
    t = asyncio.create_task(run_steps(asyncio.Lock()), name="parent")
    w = asyncio.create_task(watchdog(t.cancel), name="watchdog")
    print("READY", flush=True)
    await asyncio.wait([t])
    print("ENDED", flush=True)
asyncio.run(main())
