# weakref.finalize sets it when a local object dies (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = asyncio.Event()
class Token: pass
async def work(box):
    token = Token()
    weakref.finalize(token, box.done.set)
    await asyncio.sleep(25)
    del token
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
