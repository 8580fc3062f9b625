# a descriptor's __set__ sets it (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Field:
    def __set__(self, obj, v): obj.done.set()
class Box:
    def __init__(self):
        self.done = asyncio.Event()
    state = Field()
async def work(box):
    await asyncio.sleep(25)
    box.state = 2
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
