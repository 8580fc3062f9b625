# somebody alive ends the wait after 45 s: loop.add_reader(fd, lambda: (os.read(fd, 9), act())), act = ev.set; a thread writes to the pipe in 45 s.
import signal
signal.alarm(900)
import asyncio, os, threading, time
def later(fd):
    time.sleep(45)
    os.write(fd, b"x")
async def waiter(ev):
    await ev.wait()
async def main():
    ev = asyncio.Event()
    t = asyncio.create_task(waiter(ev), name="waiter")
    r, w = os.pipe()
    act = ev.set
    asyncio.get_running_loop().add_reader(r, lambda: (os.read(r, 9), act()))
    threading.Thread(target=later, args=(w,), daemon=True).start()
    print("READY", flush=True)
    await t
asyncio.run(main())
