"""Healthy: readers wait on a Condition that a writer notifies five times a second."""
import asyncio, signal
signal.alarm(900)


class Feed:
    def __init__(self):
        self.changed = asyncio.Condition()
        self.version = 0

    async def publish(self):
        while True:
            await asyncio.sleep(0.2)
            async with self.changed:
                self.version += 1
                self.changed.notify_all()

    async def follow(self):
        seen = 0
        while True:
            async with self.changed:
                await self.changed.wait_for(lambda: self.version > seen)
                seen = self.version


async def main():
    feed = Feed()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    await asyncio.gather(feed.publish(), feed.follow(), feed.follow())


asyncio.run(main())
