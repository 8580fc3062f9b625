"""Log ingester: workers drain a queue, flush() waits until the batch has been written."""
import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Quarantine(Exception):
    pass

class Sink:
    def __init__(self):
        self.rows = []

    async def write(self, rec):
        await asyncio.sleep(0.01)
        if rec.get("kind") == "weird":
            raise Quarantine(rec)
        self.rows.append(rec)

class Ingester:
    def __init__(self, sink, workers=3):
        self.sink, self.queue, self.parked = sink, asyncio.Queue(), []
        self.workers = [asyncio.create_task(self.work(i), name=f"ingest-{i}") for i in range(workers)]

    async def work(self, i):
        while True:
            rec = await self.queue.get()
            try:
                await self.sink.write(rec)
            except Quarantine as e:
                self.park(e.args[0])
                continue
            self.queue.task_done()

    def park(self, rec):
        self.parked.append(rec)

    def dispatch(self, name, rec):
        getattr(self, name, self.retry_default)(rec)

    def retry_default(self, rec):
        self.parked.remove(rec)

    def retry_weird(self, rec):
        self.retry_default(rec)
        self.sink.rows.append(rec)
        self.queue.task_done()

    async def flush(self):
        await self.queue.join()
        return len(self.sink.rows)

class Stats:
    def __init__(self, ingester):
        self.ingester, self.depth = ingester, []

    async def loop(self):
        while True:
            self.depth.append(self.ingester.queue.qsize())
            await asyncio.sleep(0.4)

async def main():
    ing = Ingester(Sink())
    stats = asyncio.create_task(Stats(ing).loop(), name="stats")
    for i in range(40):
        ing.queue.put_nowait({"kind": "weird" if i == 17 else "plain", "n": i})
    asyncio.get_running_loop().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    n = await ing.flush()
    print("DONE", n, flush=True)
    stats.cancel()
    for w in ing.workers:
        w.cancel()

asyncio.run(main())
