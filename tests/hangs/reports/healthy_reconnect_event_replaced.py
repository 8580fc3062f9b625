# a reconnecting client makes a new Event at each attempt; who waits for the old one waits for ever
import asyncio, signal, socket
import websockets
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class FeedClient:
    def __init__(self, url):
        self.url, self.ws, self.connected = url, None, asyncio.Event()

    async def keep_connected(self):
        while True:
            try:
                async with websockets.connect(self.url, ping_interval=None) as self.ws:
                    self.connected.set()
                    await self.ws.wait_closed()
                self.connected.clear()
            except OSError:
                await asyncio.sleep(0.3)

    async def publish(self, text):
        await self.connected.wait()
        await self.ws.send(text)


class Feed:
    async def handler(self, ws):
        async for message in ws:
            note("received", message)

    async def serve(self, port, after):
        await asyncio.sleep(after)
        async with websockets.serve(self.handler, "127.0.0.1", port, ping_interval=None):
            await asyncio.Event().wait()


async def main():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    metrics, admin = Metrics(), await admin_listener()
    client = FeedClient(f"ws://127.0.0.1:{port}")
    publishing = asyncio.create_task(client.publish("hello"), name="publish")
    others = [asyncio.create_task(beat(metrics), name="beat"),
              asyncio.create_task(client.keep_connected(), name="keep-connected"),
              asyncio.create_task(Feed().serve(port, 22), name="feed")]
    ready(2)
    await publishing
    note("WAIT ENDED")


asyncio.run(main())
