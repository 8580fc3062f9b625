# the only consumer died; a monitor restarts it after 25 s
import asyncio, contextlib, functools, queue, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self): self.q = asyncio.Queue(); self.fail = True
    async def worker(self):
        while True:
            item = await self.q.get()
            if self.fail:
                self.fail = False
                self.q.put_nowait(item); self.q.task_done()
                raise RuntimeError
            self.q.task_done()
    async def monitor(self):
        task = asyncio.create_task(self.worker(), name="worker")
        while True:
            await asyncio.sleep(25)
            if task.done(): task = asyncio.create_task(self.worker(), name="worker")
    async def run(self):
        self.q.put_nowait(1)
        m = asyncio.create_task(self.monitor(), name="monitor")
        await self.q.join()

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    await Service().run()
asyncio.run(main())
