# an async generator yields within `async with lock`; who breaks off leaves it locked
import asyncio
from svc_noise import SLOW, ready, aio_heartbeat

class Table:
    def __init__(self):
        self.lock = asyncio.Lock()
    async def rows(self, n):
        async with self.lock:
            for i in range(n):
                yield {"id": i}
                await asyncio.sleep(0.01)

class Export:
    def __init__(self, table, name):
        self.table, self.name, self.done = table, name, []
    async def write(self, row):
        self.done.append(row["id"])
    async def run(self):
        self.cursor = self.table.rows(5)
        async for row in self.cursor:
            await self.write(row)
            if len(self.done) == 3 and self.name == "first":
                break
        return len(self.done)

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    table = Table()
    exports = [Export(table, "first"), Export(table, "second")]
    tasks = [asyncio.create_task(e.run(), name="export-%d" % (i + 1)) for i, e in enumerate(exports)]
    ready()
    print(await asyncio.gather(*tasks))
    print("DONE", flush=True)
asyncio.run(main())
