# somebody alive ends the wait after 45 s: Task done callback `lambda _: act()` where act = ev.set is a variable of main (a free variable of the lambda).
import signal
signal.alarm(900)
import asyncio
async def waiter(ev):
    await ev.wait()
async def later():
    await asyncio.sleep(45)
async def main():
    ev = asyncio.Event()
    t = asyncio.create_task(waiter(ev), name="waiter")
    act = ev.set
    v = asyncio.create_task(later(), name="later")
    v.add_done_callback(lambda _: act())
    print("READY", flush=True)
    await t
asyncio.run(main())
