# healthy: shield save
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# asyncio: the request is cancelled, the shielded save goes on and wakes the next
import asyncio


class Account:
    def __init__(self):
        self.saved = asyncio.Condition()
        self.version = 0

    async def save(self):
        await asyncio.sleep(DELAY)
        async with self.saved:
            self.version += 1
            self.saved.notify_all()

    async def wait_version(self, version):
        async with self.saved:
            await self.saved.wait_for(lambda: self.version >= version)


async def request(account):
    await asyncio.shield(account.save())


async def main():
    account = Account()
    task = asyncio.create_task(request(account))
    await asyncio.sleep(0.1)
    task.cancel()
    print("READY", flush=True)
    await account.wait_version(1)
    print("DONE", flush=True)


asyncio.run(main())
