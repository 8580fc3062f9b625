# healthy twin of ws_echo_full: the client begins to read after 25 s
import asyncio, signal
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
signal.alarm(900)

class Echo:
    def __init__(self):
        self.count = 0
    async def handler(self, ws):
        async for message in ws:
            self.count += 1
            await ws.send(message)

class Loader:
    def __init__(self, ws):
        self.ws = ws
        self.answers = []
    async def send_all(self):
        for n in range(2000):
            await self.ws.send(b"x" * 100_000)
    async def read_all(self):
        await asyncio.sleep(25)
        async for message in self.ws:
            self.answers.append(len(message))

async def ticker(echo):
    while True:
        await asyncio.sleep(0.1)
        echo.count

async def load(port):
    async with connect(f"ws://127.0.0.1:{port}", max_size=None, ping_interval=None, compression=None) as ws:
        loader = Loader(ws)
        reading = asyncio.create_task(loader.read_all(), name="read-all")
        await loader.send_all()
        await reading

async def main():
    echo = Echo()
    asyncio.get_running_loop().call_later(2, print, "READY")
    async with serve(echo.handler, "127.0.0.1", 0, max_size=None, ping_interval=None, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        beat = asyncio.create_task(ticker(echo), name="ticker")
        await asyncio.create_task(load(port), name="load")
        await beat

asyncio.run(main())
