# flow engine: an event that may be set from another thread's loop
import asyncio, concurrent.futures, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class ThreadedEvent:
    def __init__(self):
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
    async def wait(self):
        await self._event.wait()
    def set(self):
        if self._loop is asyncio._get_running_loop():
            self._event.set()
            return
        done = concurrent.futures.Future()
        def callback():
            self._event.set()
            done.set_result(None)
        self._loop.call_soon_threadsafe(callback)
        done.result()

class Portal:
    """a worker thread with a loop of its own"""
    def __init__(self, name, job, event):
        self.job, self.event = job, event
        self.thread = threading.Thread(target=self._main, name=name, daemon=True)
    def _main(self):
        asyncio.run(self._run())
    async def _run(self):
        beat = asyncio.create_task(self._beat(), name="portal-beat")
        await self.job()
        self.event.set()
        beat.cancel()
    async def _beat(self):
        while True:
            await asyncio.sleep(0.5)

class Engine:
    def __init__(self): self.finished = ThreadedEvent()
    async def job(self):
        await asyncio.sleep(0.3)
    async def watch(self):
        await self.finished.wait()
        print("flow finished", flush=True)
    async def run(self):
        w = asyncio.create_task(self.watch(), name="watch")
        p = Portal("flow-worker", self.job, self.finished)
        p.thread.start()
        await asyncio.sleep(0.1)
        p.thread.join()
        await w
        print("ENDED", flush=True)

async def main():
    t = threading.Timer(1.5, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
    await Engine().run()

asyncio.run(main())
