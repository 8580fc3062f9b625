# the only producer died; its done callback starts it again by call_later
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.q = asyncio.Queue(); self.fail = True
    async def producer(self):
        await asyncio.sleep(0.1)
        if self.fail:
            self.fail = False
            raise RuntimeError
        self.q.put_nowait(1)
    def start(self):
        self.task = asyncio.create_task(self.producer(), name="producer")
        self.task.add_done_callback(self.ended)
    def ended(self, task):
        if task.exception(): asyncio.get_running_loop().call_later(25, self.start)
    async def run(self):
        self.start()
        await self.q.get()

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
