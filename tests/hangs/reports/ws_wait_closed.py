# a server waits until its handlers have returned, and one waits for something else than its connection (rebuilds python-websockets/websockets issue 394)
import asyncio, signal
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
signal.alarm(900)

class Room:
    def __init__(self):
        self.news = asyncio.Condition()
    async def handler(self, ws):
        await ws.send("welcome")
        async with self.news:
            await self.news.wait()
        await ws.send("news")

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    server = await serve(Room().handler, "127.0.0.1", 0)
    async with connect("ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1]) as client:
        await client.recv()
        server.close()
        await server.wait_closed()

asyncio.run(main())
