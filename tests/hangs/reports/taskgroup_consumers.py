# a TaskGroup whose body has ended waits for its consumers, which wait for a queue that nobody fills or shuts down
import asyncio, signal
import aiofiles, os, tempfile
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class Exporter:
    def __init__(self, metrics, folder):
        self.metrics, self.folder = metrics, folder
        self.rows = asyncio.Queue(10)

    async def writer(self, n):
        async with aiofiles.open(os.path.join(self.folder, f"part-{n}"), "w") as f:
            while True:
                row = await self.rows.get()
                if row is None:
                    return
                await f.write(f"{row}\n")
                self.metrics.add("rows")


    async def run(self, count):
        async with asyncio.TaskGroup() as tg:
            for n in range(2):
                tg.create_task(self.writer(n), name=f"writer-{n}")
            for row in range(count):
                await self.rows.put(row)
        note("WAIT ENDED")


async def main():
    metrics, admin = Metrics(), await admin_listener()
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(1.5)
    with tempfile.TemporaryDirectory() as folder:
        await Exporter(metrics, folder).run(30)


asyncio.run(main())
