# healthy twin of agents_stream: saving takes 25 s
import asyncio, signal
signal.alarm(900)

class QueueComplete:
    pass

class Session:
    async def add_items(self, items):
        await asyncio.sleep(25)

class RunResultStreaming:
    def __init__(self):
        self._event_queue = asyncio.Queue()
        self.is_complete = False
    async def stream_events(self):
        while not self.is_complete:
            item = await self._event_queue.get()
            if isinstance(item, QueueComplete):
                break
            yield item

async def run_loop(result, session):
    for delta in ("Hel", "lo"):
        await asyncio.sleep(0.05)
        result._event_queue.put_nowait(delta)
    await session.add_items(["Hello"])
    result.is_complete = True
    result._event_queue.put_nowait(QueueComplete())

async def metrics():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(metrics(), name="metrics")
    result = RunResultStreaming()
    result.task = asyncio.create_task(run_loop(result, Session()), name="run-loop")
    async for event in result.stream_events():
        print(event)

asyncio.run(main())
