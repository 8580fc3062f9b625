# healthy twin of ws_wait_closed: the handler takes 25 s
import asyncio, signal
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
signal.alarm(900)

class Room:
    def __init__(self):
        self.news = asyncio.Condition()
    async def handler(self, ws):
        await ws.send("welcome")
        await asyncio.sleep(25)

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
