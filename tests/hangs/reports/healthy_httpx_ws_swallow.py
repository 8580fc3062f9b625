# healthy twin of httpx_ws_swallow: the receiver lets its cancellation pass
import asyncio, signal
signal.alarm(900)

class Session:
    def __init__(self):
        self.frames = asyncio.Queue()
        self.messages = []
        self.task = asyncio.create_task(self.receive_loop(), name="receiver")
    async def receive_loop(self):
        while True:
            try:
                self.messages.append(await self.frames.get())
            except ConnectionError:
                await asyncio.sleep(0.05)
    async def close(self):
        self.task.cancel()
        try:
            await self.task
        except asyncio.CancelledError:
            pass

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    session = Session()
    await asyncio.sleep(0.2)
    await session.close()
    await beat

asyncio.run(main())
