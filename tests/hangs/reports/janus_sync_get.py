# a thread takes from the synchronous side of a queue whose only producer has died (rebuilds aio-libs/janus issue 294)
import asyncio, signal
import janus
signal.alarm(900)

class Bridge:
    def __init__(self):
        self.queue = janus.Queue()
        self.rows = []
    def consume(self):
        while True:
            row = self.queue.sync_q.get()
            if row is None:
                return len(self.rows)
            self.rows.append(row)
    async def produce(self):
        for n in range(3):
            await self.queue.async_q.put(n)
            await asyncio.sleep(0.05)
        raise ConnectionError("upstream gone")
        await self.queue.async_q.put(None)

class Export:
    def __init__(self, bridge):
        self.bridge = bridge
    async def run(self):
        loop = asyncio.get_running_loop()
        producer = asyncio.create_task(self.bridge.produce(), name="producer")
        count = await loop.run_in_executor(None, self.bridge.consume)
        await producer
        return count

async def ticker(export):
    while True:
        await asyncio.sleep(0.1)
        len(export.bridge.rows)

async def main():
    export = Export(Bridge())
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    beat = asyncio.create_task(ticker(export), name="ticker")
    print(await asyncio.create_task(export.run(), name="export"))
    await beat

asyncio.run(main())
