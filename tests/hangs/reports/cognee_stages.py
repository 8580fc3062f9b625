# a stage of a pipeline puts into a bounded queue that only the stage before it, which waits for its own, would empty (rebuilds topoteretes/cognee pull request 2871)
import asyncio, signal
signal.alarm(900)

class Stage:
    def __init__(self, name, source, sink, fan_out):
        self.name, self.source, self.sink, self.fan_out = name, source, sink, fan_out
        self.count = 0
    async def process(self, item):
        await asyncio.sleep(0.01)
        return [item] * self.fan_out
    async def run(self):
        while True:
            item = await self.source.get()
            for result in await self.process(item):
                await self.sink.put(result)
            self.count += 1

class Pipeline:
    def __init__(self):
        self.fresh, self.parsed, self.retry = (asyncio.Queue(4) for n in range(3))
        self.stages = [Stage("parse", self.fresh, self.parsed, 2), Stage("embed", self.parsed, self.fresh, 1)]
    async def feed(self):
        for n in range(100):
            await self.fresh.put(n)
    async def ticker(self):
        while True:
            await asyncio.sleep(0.1)
            self.fresh.qsize()

async def main():
    pipeline = Pipeline()
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(pipeline.ticker(), name="ticker")
        group.create_task(pipeline.feed(), name="feed")
        for stage in pipeline.stages:
            group.create_task(stage.run(), name=stage.name)

asyncio.run(main())
