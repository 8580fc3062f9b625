# a client sends without reading, the server echoes, and both wait until the other one reads (rebuilds python-websockets/websockets issue 418)
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
        async for message in self.ws:
            self.answers.append(len(message))

async def ticker(echo):
    while True:
        await asyncio.sleep(0.1)
        echo.count

async def load(port):
    async with connect(f"ws://127.0.0.1:{port}", max_size=None, ping_interval=None, compression=None) as ws:
        loader = Loader(ws)
        await loader.send_all()
        await loader.read_all()

async def main():
    echo = Echo()
    asyncio.get_running_loop().call_later(2, print, "READY")
    async with serve(echo.handler, "127.0.0.1", 0, max_size=None, ping_interval=None, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        beat = asyncio.create_task(ticker(echo), name="ticker")
        await asyncio.create_task(load(port), name="load")
        await beat

asyncio.run(main())
