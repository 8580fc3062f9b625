# forastero #4: drain() is called twice during the shutdown; the first call returned early and did not release the lock
import asyncio, signal
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class Driver:
    def __init__(self, name):
        self.name, self.lock, self.queue = name, asyncio.Lock(), asyncio.Queue()
        self.sent = 0

    async def drain(self):
        await self.lock.acquire()
        if self.queue.empty():
            await asyncio.sleep(20)
        while not self.queue.empty():
            self.sent += self.queue.get_nowait()
            await asyncio.sleep(0.05)
        self.lock.release()


class Bench:
    def __init__(self, drivers):
        self.drivers = drivers

    async def quiesce(self):
        for driver in self.drivers:
            await driver.drain()

    async def shutdown(self):
        await asyncio.gather(*(asyncio.create_task(d.drain(), name=f"drain-{d.name}") for d in self.drivers))
        note("WAIT ENDED")


async def main():
    metrics, admin = Metrics(), await admin_listener()
    beating = asyncio.create_task(beat(metrics), name="beat")
    bench = Bench([Driver("axi"), Driver("apb")])
    bench.drivers[0].queue.put_nowait(1)
    ready(1.8)
    quiesce = asyncio.create_task(bench.quiesce(), name="quiesce")
    await asyncio.sleep(0.5)
    await bench.shutdown()


asyncio.run(main())
