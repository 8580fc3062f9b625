# somebody alive ends the wait after 45 s: lambda default getattr
import signal
signal.alarm(900)
import asyncio
async def waiter(ev):
    await ev.wait()
async def main():
    ev = asyncio.Event()
    t = asyncio.create_task(waiter(ev), name="waiter")
    asyncio.get_running_loop().call_later(45, (lambda o=ev: getattr(o, "set")()))
    print("READY", flush=True)
    await t
asyncio.run(main())
