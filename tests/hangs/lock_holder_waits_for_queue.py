"""A lock is held by a task that waits for an item of a queue into which nobody puts; two others wait for the lock."""
import asyncio, signal
signal.alarm(900)


class Settings:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.updates = asyncio.Queue()
        self.values = {}

    async def reload(self):
        async with self.lock:
            key, value = await self.updates.get()
            self.values[key] = value

    async def read(self, key):
        async with self.lock:
            return self.values.get(key)


async def reader(settings, key):
    return await settings.read(key)


async def main():
    settings = Settings()
    asyncio.get_running_loop().call_later(0.3, print, "READY")
    reload = asyncio.create_task(settings.reload(), name="reload")
    await asyncio.sleep(0)
    readers = [asyncio.create_task(reader(settings, key), name=f"read-{key}") for key in ("host", "port")]
    await asyncio.gather(reload, *readers)


asyncio.run(main())
