# somebody alive ends the wait after 45 s: weakref.finalize sets the event when the last reference goes (a timer clears the list after 45 s).
import signal
signal.alarm(900)
import asyncio, functools, operator, weakref
class Token: pass
async def waiter(ev):
    await ev.wait()
async def main():
    ev = asyncio.Event()
    box = [Token()]
    weakref.finalize(box[0], functools.partial(operator.methodcaller("set"), ev))
    asyncio.get_running_loop().call_later(45, box.clear)
    print("READY", flush=True)
    await asyncio.create_task(waiter(ev), name="waiter")
    print("ENDED", flush=True)
asyncio.run(main())
