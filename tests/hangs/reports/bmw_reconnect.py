# a reconnect refreshes the token under its lock, and the refresh wants this lock, for at most five minutes (rebuilds kvanbiesen/bmw-cardata-ha pull request 208)
import asyncio, signal
signal.alarm(900)

class Stream:
    def __init__(self):
        self._connect_lock = asyncio.Lock()
        self.token = "old"
    async def async_reconnect(self):
        async with self._connect_lock:
            await asyncio.sleep(0.1)
            await self.refresh_token()
    async def refresh_token(self):
        self.token = "new"
        try:
            await asyncio.wait_for(self.async_update_credentials(), 300)
        except asyncio.TimeoutError:
            print("no update")
    async def async_update_credentials(self):
        async with self._connect_lock:
            await asyncio.sleep(0.1)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.create_task(Stream().async_reconnect(), name="reconnect")

asyncio.run(main())
