# hass-client #234: disconnect() right after connect(): the listener was cancelled before its first step, and only its finally sets the event that disconnect() waits for
import asyncio, signal
import aiohttp
from aiohttp import web
from svckit import Metrics, beat, note, ready
signal.alarm(900)


class HassServer:
    async def handle(self, request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            await ws.send_str("result " + message.data)
        return ws

    async def start(self):
        app = web.Application()
        app.router.add_get("/api/websocket", self.handle)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}/api/websocket"


class HassClient:
    def __init__(self, session, url):
        self.session, self.url = session, url
        self.listener = self.shutdown_complete = None

    async def connect(self):
        self.ws = await self.session.ws_connect(self.url)
        self.shutdown_complete = asyncio.Event()
        self.listener = asyncio.create_task(self.start_listening(), name="listener")


    async def start_listening(self):
        try:
            async for message in self.ws:
                pass
        finally:
            self.shutdown_complete.set()

    async def disconnect(self):
        self.listener.cancel()
        await self.shutdown_complete.wait()
        await self.ws.close()


async def main():
    url = await HassServer().start()
    metrics = Metrics()
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(1.5)
    async with aiohttp.ClientSession() as session:
        client = HassClient(session, url)
        await client.connect()
        await client.disconnect()
        note("WAIT ENDED")


asyncio.run(main())
