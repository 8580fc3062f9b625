# docket #263: the worker was cancelled between clearing its event and its try block; __aexit__ waits for the event
import asyncio, signal
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class Backend:
    async def register(self, worker):
        await asyncio.sleep(0.5)


class Worker:
    def __init__(self, backend, metrics):
        self.backend, self.metrics = backend, metrics
        self._worker_done = asyncio.Event()
        self._worker_done.set()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        await self._worker_done.wait()

    async def drain(self):
        await asyncio.sleep(20)

    async def run_forever(self):
        self._worker_done.clear()
        try:
            await self.backend.register(self)
            while True:
                await asyncio.sleep(0.2)
        finally:
            await self.drain()
            self._worker_done.set()


async def main():
    metrics, admin = Metrics(), await admin_listener()
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(1.5)
    async with Worker(Backend(), metrics) as worker:
        running = asyncio.create_task(worker.run_forever(), name="worker")
        await asyncio.sleep(0.3)
        running.cancel()
    note("WAIT ENDED")


asyncio.run(main())
