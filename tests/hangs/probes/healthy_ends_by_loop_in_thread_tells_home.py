# somebody alive ends the wait after 45 s: A second loop in a thread: its coroutine (nested function) sleeps and does home.call_soon_threadsafe(done), done = ev.set.
import signal
signal.alarm(900)
import asyncio, threading
def run(home, done):
    async def wait_and_tell():
        await asyncio.sleep(45)
        home.call_soon_threadsafe(done)
    asyncio.run(wait_and_tell())
async def waiter(ev):
    await ev.wait()
async def main():
    ev = asyncio.Event()
    t = asyncio.create_task(waiter(ev), name="waiter")
    threading.Thread(target=run, args=(asyncio.get_running_loop(), ev.set), daemon=True, name="ticker").start()
    print("READY", flush=True)
    await t
asyncio.run(main())
