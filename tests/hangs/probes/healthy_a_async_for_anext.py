# __anext__ of an async for sets it at its end (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = asyncio.Event()
class It:
    def __init__(self, box): self.box = box; self.n = 0
    def __aiter__(self): return self
    async def __anext__(self):
        self.n += 1
        if self.n > 1:
            self.box.done.set()
            raise StopAsyncIteration
        return self.n
async def work(box):
    async for x in It(box):
        await asyncio.sleep(25)
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
