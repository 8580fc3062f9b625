# healthy twin of janus_join: the event is set only if nothing is unfinished
import asyncio, signal, threading
signal.alarm(900)

class JoinQueue:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.finished = asyncio.Event()
        self.unfinished = 0
    def put(self, item):
        self.unfinished += 1
        self.finished.clear()
    def task_done(self):
        self.unfinished -= 1
        if not self.unfinished:
            self.loop.call_soon_threadsafe(lambda: self.unfinished or self.finished.set())
    async def join(self):
        while self.unfinished:
            await self.finished.wait()

async def worker(jobs):
    await asyncio.sleep(0.3)
    jobs.task_done()

async def main():
    jobs = JoinQueue()
    jobs.put(1)
    jobs.task_done()
    jobs.put(2)
    asyncio.create_task(worker(jobs), name="worker")
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    await jobs.join()
    while True:
        await asyncio.sleep(0.5)

asyncio.run(main())
