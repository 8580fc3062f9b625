# getattr(self, 'on_' + name)() sets it (task)
import asyncio, contextlib, functools, itertools, operator, signal, types, weakref
signal.alarm(900)
class Box:
    def __init__(self):
        self.done = asyncio.Event()
    def on_end(self): self.done.set()
    def dispatch(self, name): getattr(self, 'on_' + name)()
async def work(box):
    await asyncio.sleep(25)
    box.dispatch('end')
async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    box = Box()
    task = asyncio.create_task(work(box), name="worker")
    await box.done.wait()
    await task
asyncio.run(main())
