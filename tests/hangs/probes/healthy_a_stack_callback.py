# an ExitStack's callback sets it (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = asyncio.Event()
async def work(box):
    with contextlib.ExitStack() as stack:
        stack.callback(box.done.set)
        await asyncio.sleep(25)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
