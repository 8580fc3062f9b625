# somebody alive ends the wait after 45 s: lambda default simple
import signal
signal.alarm(900)
import asyncio, functools
async def waiter(ev):
    await ev.wait()
async def main():
    ev = asyncio.Event()
    t = asyncio.create_task(waiter(ev), name="waiter")
    act = functools.partial(ev.set)
    del ev
    asyncio.get_running_loop().call_later(45, (lambda f=act: [f() for _ in range(1)]))
    print("READY", flush=True)
    await t
    print("ENDED", flush=True)
asyncio.run(main())
