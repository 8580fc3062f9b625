# somebody alive ends the wait after 45 s: thread call soon threadsafe lambda
import signal
signal.alarm(900)
import asyncio, threading, time
def later(loop, done):
    time.sleep(45)
    loop.call_soon_threadsafe(done)
async def waiter(ev):
    await ev.wait()
async def main():
    ev = asyncio.Event()
    t = asyncio.create_task(waiter(ev), name="waiter")
    threading.Thread(target=later, args=(asyncio.get_running_loop(), lambda: ev.set()), daemon=True).start()
    print("READY", flush=True)
    await t
asyncio.run(main())
