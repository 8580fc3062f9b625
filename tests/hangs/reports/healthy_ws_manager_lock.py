# openbridgeserver #32 (and many chat servers): broadcast() holds the lock, a send fails, and it calls disconnect(), which takes the lock
import asyncio, signal
import websockets
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class ConnectionManager:
    def __init__(self):
        self.lock, self.active = asyncio.Lock(), []

    async def connect(self, ws):
        async with self.lock:
            self.active.append(ws)

    async def disconnect(self, ws):
        async with self.lock:
            if ws in self.active:
                self.active.remove(ws)

    async def archive(self, text):
        await asyncio.sleep(20)

    async def broadcast(self, text):
        async with self.lock:
            for ws in list(self.active):
                try:
                    await ws.send(text)
                except websockets.ConnectionClosed:
                    self.active.remove(ws)
                    await self.archive(text)


class Ticker:
    def __init__(self, metrics):
        self.manager, self.metrics = ConnectionManager(), metrics

    async def audit(self, ws):
        await asyncio.sleep(1)
        self.metrics.add("left")

    async def handler(self, ws):
        await self.manager.connect(ws)
        await ws.wait_closed()
        await self.audit(ws)
        await self.manager.disconnect(ws)

    async def run(self):
        while True:
            await asyncio.sleep(0.3)
            await self.manager.broadcast("tick")
            self.metrics.add("ticks")
            if self.metrics.counts["left"]:
                note("WAIT ENDED")


async def viewer(port, leave):
    async with websockets.connect(f"ws://127.0.0.1:{port}") as ws:
        for _ in range(3):
            await ws.recv()
        if leave:
            return
        async for message in ws:
            pass


async def main():
    metrics, admin = Metrics(), await admin_listener()
    ticker = Ticker(metrics)
    server = await websockets.serve(ticker.handler, "127.0.0.1", 0, ping_interval=None)
    port = server.sockets[0].getsockname()[1]
    ready(3.5)
    async with asyncio.TaskGroup() as tg:
        tg.create_task(beat(metrics), name="beat")
        tg.create_task(ticker.run(), name="ticker")
        tg.create_task(viewer(port, False), name="viewer-stays")
        tg.create_task(viewer(port, True), name="viewer-leaves")


asyncio.run(main())
