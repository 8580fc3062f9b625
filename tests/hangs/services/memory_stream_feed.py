# parses a recorded stream through an in-memory StreamReader
import asyncio, os, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Tap:
    """plays chunks into a reader"""
    def __init__(self, chunks):
        self.reader, self.chunks = asyncio.StreamReader(), list(chunks)
    def play(self):
        delay, chunk = self.chunks.pop(0)
        asyncio.get_running_loop().call_later(delay, self._feed, chunk)
    def _feed(self, chunk):
        self.reader.feed_data(chunk)
        if self.chunks:
            self.play()

class Parser:
    def __init__(self, reader): self.reader, self.records = reader, []
    async def parse(self):
        while line := await self.reader.readline():
            self.records.append(line.decode().strip().split(","))
        print("ENDED", len(self.records), flush=True)

async def stats(parser):
    while True:
        await asyncio.sleep(0.8)
        stats.n = len(parser.records)

async def main():
    tap = Tap([(0.1, b"a,b\nc,d\n"), (0.2, b"e,f")])
    parser = Parser(tap.reader)
    tap.play()
    asyncio.get_running_loop().call_later(1.4, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(stats(parser), name="stats")
        tg.create_task(parser.parse(), name="parse")

asyncio.run(main())
