# somebody alive ends the wait after 45 s: call_later of a lambda whose default argument is another lambda with the event as its default.
import signal
signal.alarm(900)
import asyncio
async def waiter(app):
    await app[0].wait()
async def main():
    app = [asyncio.Event()]
    t = asyncio.create_task(waiter(app), name="waiter")
    await asyncio.sleep(0.05)
    old = app[0]
    app[0] = asyncio.Event()
    asyncio.get_running_loop().call_later(45, (lambda f=(lambda o=old: o.set()): [f() for _ in range(1)]))
    print("READY", flush=True)
    await t
    print("ENDED", flush=True)
asyncio.run(main())
