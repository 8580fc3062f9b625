# tornado: an Event that a timer of the IOLoop sets
import asyncio
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.locks import Event
from svc_noise import SLOW, ready

class Cache:
    def __init__(self):
        self.warm, self.rows, self.beats = Event(), [], 0
        self.timer = PeriodicCallback(self.refresh, 300)
        self.timer.start()
    def refresh(self):
        self.rows.append(1)
        self.warm.set()
    def beat(self):
        self.beats += 1
    def pause(self):
        self.timer.stop()
        self.warm.clear()
    async def wait_warm(self):
        await self.warm.wait()
        return len(self.rows)

async def serve(cache):
    print(await cache.wait_warm())
    print("DONE", flush=True)

async def main():
    cache = Cache()
    PeriodicCallback(cache.beat, 500).start()
    cache.pause()
    ready()
    await asyncio.create_task(serve(cache), name="serve")
asyncio.run(main())
