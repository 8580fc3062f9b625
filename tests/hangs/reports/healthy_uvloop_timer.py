# uvloop: an idle timer ends a session
import asyncio, uvloop
from svc_noise import SLOW, ready, aio_heartbeat, idle_worker

class Session:
    def __init__(self, loop, idle):
        self.loop, self.idle, self.future = loop, idle, loop.create_future()
        self.handle = loop.call_later(idle, self._expire)
    def _expire(self):
        if not self.future.done():
            self.future.set_result("idle")
    def touch(self):
        self.handle.cancel()
        self.handle = self.loop.call_later(self.idle, self._expire)
    async def closed(self):
        return await self.future

async def serve(session):
    session.touch()
    print(await session.closed())
    print("DONE", flush=True)

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    session = Session(asyncio.get_running_loop(), SLOW)
    ready()
    await asyncio.create_task(serve(session), name="session")
idle_worker()
uvloop.run(main())
