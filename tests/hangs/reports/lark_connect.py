# connect() returns early without releasing the lock it took (rebuilds larksuite/oapi-sdk-python issue 149)
import asyncio, signal
signal.alarm(900)

class WsClient:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.conn = None
    async def connect(self, why):
        await self.lock.acquire()
        if self.conn is not None:
            return
        try:
            await asyncio.sleep(0.1)
            self.conn = why
        finally:
            self.lock.release()

class Bot:
    def __init__(self):
        self.client = WsClient()
        self.inbox = asyncio.Queue()
    async def start(self):
        await self.client.connect("start")
        await asyncio.sleep(0.2)
        await self.client.connect("ping_timeout")
        while True:
            await asyncio.sleep(0.5)
            self.inbox.put_nowait("event")
    async def reconnect(self):
        await asyncio.sleep(0.7)
        await self.client.connect("reconnect")
    async def handle(self):
        while True:
            await self.inbox.get()

async def ticker():
    while True:
        await asyncio.sleep(0.1)

async def main():
    bot = Bot()
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(ticker(), name="ticker")
        group.create_task(bot.start(), name="start")
        group.create_task(bot.reconnect(), name="reconnect")
        group.create_task(bot.handle(), name="handle")

asyncio.run(main())
