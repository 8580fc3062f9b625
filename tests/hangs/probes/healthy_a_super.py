# super().finish() sets it (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Base:
    def __init__(self):
        self.done = asyncio.Event()
    def finish(self): self.done.set()
class Box(Base):
    def finish(self): super().finish()
async def work(box):
    await asyncio.sleep(25)
    box.finish()
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
