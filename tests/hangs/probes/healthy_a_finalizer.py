# __del__ of a local object sets it (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = asyncio.Event()
class Token:
    def __init__(self, box): self.box = box
    def __del__(self): self.box.done.set()
async def work(box):
    token = Token(box)
    await asyncio.sleep(25)
    del token
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
