# a bot's setup_hook() waits until it is ready, which it is only after connect(), which comes after setup_hook() (rebuilds glitchwerks/mom-bot issue 41)
import asyncio, signal
signal.alarm(900)

class Client:
    def __init__(self):
        self._ready = asyncio.Event()
    async def login(self):
        await asyncio.sleep(0.05)
        await self.setup_hook()
    async def setup_hook(self):
        pass
    async def connect(self):
        await asyncio.sleep(0.05)
        self._ready.set()
        await asyncio.get_running_loop().create_future()
    async def start(self):
        await self.login()
        await self.connect()
    async def wait_until_ready(self):
        await self._ready.wait()

class MomBot(Client):
    async def setup_hook(self):
        await self.wait_until_ready()
        await self.seed()
    async def seed(self):
        await asyncio.sleep(0.05)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.create_task(MomBot().start(), name="bot")

asyncio.run(main())
