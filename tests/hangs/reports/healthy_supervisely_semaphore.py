# healthy twin of supervisely_semaphore: the first loop runs until its downloads are complete
import asyncio, queue, signal, threading, time
signal.alarm(900)

class Api:
    def __init__(self):
        self.semaphore = asyncio.Semaphore(2)
        self.downloaded = []
    async def download(self, name):
        async with self.semaphore:
            await asyncio.sleep(30)
            self.downloaded.append(name)

api = Api()

class Training(threading.Thread):
    def __init__(self, name):
        super().__init__(name=name, daemon=True)
        self.loop = asyncio.new_event_loop()
    async def prefetch(self):
        self.tasks = [asyncio.create_task(api.download("image-%d" % n), name="%s-download-%d" % (self.name, n)) for n in range(2)]
        await asyncio.gather(*self.tasks)
    def run(self):
        self.loop.run_until_complete(self.prefetch())
        time.sleep(900)

class Inference(threading.Thread):
    def __init__(self):
        super().__init__(name="inference", daemon=True)
    async def beat(self):
        while True:
            await asyncio.sleep(0.1)
    async def predict(self):
        beat = asyncio.create_task(self.beat(), name="beat")
        await api.download("model")
        beat.cancel()
    def run(self):
        time.sleep(0.6)
        asyncio.run(self.predict())

first, second = Training("training"), Inference()
first.start()
second.start()
ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
first.join() if not first.daemon else None
while True:
    time.sleep(1)
