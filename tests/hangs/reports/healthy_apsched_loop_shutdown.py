# healthy twin of apsched_loop_shutdown: the scheduler is only paused, and the job takes 25 s
import asyncio, signal, threading, time
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler
signal.alarm(900)

class Store:
    async def save(self, row):
        await asyncio.sleep(0.1)
        await asyncio.sleep(25)
        return row

class Sync:
    def __init__(self, store, loop):
        self.store, self.loop = store, loop
        self.rows = []
    def job(self):
        row = asyncio.run_coroutine_threadsafe(self.store.save("row"), self.loop).result()
        self.rows.append(row)

class Service:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.sync = Sync(Store(), self.loop)
        self.scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor(2)}, timezone="UTC")
        self.closing = asyncio.Event()
    def start(self):
        self.scheduler.start()
        self.scheduler.add_job(self.sync.job)
        self.loop.call_later(0.5, self.stop)
    def stop(self):
        self.scheduler.pause()
        self.closing.set()

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
    service = Service()
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    service.start()
    await service.closing.wait()
    await beat

asyncio.run(main())
