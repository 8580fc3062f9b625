# healthy twin of cpython_signal_event: a heartbeat lets the loop turn, and the service drains for 25 s
import asyncio, os, signal, threading, time
signal.alarm(900)

class Service:
    def __init__(self):
        self.stopping = asyncio.Event()
        self.jobs = asyncio.Queue()
    def on_signal(self, number, frame):
        self.stopping.set()
    async def worker(self):
        while True:
            job = await self.jobs.get()
            print(job)
    async def beat(self):
        while True:
            await asyncio.sleep(0.3)
    async def drain(self):
        await asyncio.sleep(25)
    async def run(self):
        signal.signal(signal.SIGUSR1, self.on_signal)
        workers = [asyncio.create_task(self.worker(), name="worker-%d" % n) for n in range(3)]
        workers.append(asyncio.create_task(self.beat(), name="beat"))
        await self.stopping.wait()
        await self.drain()
        for worker in workers:
            worker.cancel()

def orchestrator():
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGUSR1)
    while True:
        time.sleep(1)

threading.Thread(target=orchestrator, name="orchestrator", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
asyncio.run(Service().run())
