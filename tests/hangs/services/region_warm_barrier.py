"""Cache warmer: regions load their snapshots and go live together."""
import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))
SOURCES = {"eu": 0.1, "us": 0.2}

class Snapshot:
    def __init__(self, region):
        self.region, self.keys = region, {}

    async def load(self):
        delay = SOURCES[self.region]
        await asyncio.sleep(delay)
        self.keys = {f"{self.region}:{i}": i for i in range(100)}

class Region:
    def __init__(self, name, barrier):
        self.name, self.barrier, self.live = name, barrier, False
        self.snapshot = Snapshot(name)

    async def start(self):
        await self.snapshot.load()
        async with self.barrier:
            self.live = True
        print("DONE", self.name, flush=True)
        await self.serve()

    async def serve(self):
        while True:
            await asyncio.sleep(5)

class Fleet:
    def __init__(self, names):
        self.barrier = asyncio.Barrier(len(names))
        self.regions = [Region(n, self.barrier) for n in names]
        self.errors = []

    def reap(self, task):
        if not task.cancelled() and task.exception():
            self.errors.append((task.get_name(), repr(task.exception())))

    def launch(self):
        tasks = set()
        for r in self.regions:
            t = asyncio.create_task(r.start(), name=f"region-{r.name}")
            t.add_done_callback(self.reap)
            tasks.add(t)
        return tasks

async def report(fleet):
    while True:
        await asyncio.sleep(0.5)
        [r.live for r in fleet.regions], len(fleet.errors)

async def main():
    fleet = Fleet(["eu", "us", "ap"])
    tasks = fleet.launch()
    asyncio.get_running_loop().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await report(fleet)

asyncio.run(main())
