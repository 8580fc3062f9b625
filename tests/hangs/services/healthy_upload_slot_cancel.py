"""Upload front end (aiohttp): at most two uploads are written at a time."""
import asyncio, os, signal
from aiohttp import ClientSession, web
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class UploadGate:
    def __init__(self, slots):
        self.slots = asyncio.Semaphore(slots)
        self.served = 0

    async def store(self, stream):
        await self.slots.acquire()
        try:
            size = 0
            async for chunk in stream.iter_chunked(4096):
                size += len(chunk)
        finally:
            self.slots.release()
        self.served += 1
        return size

class Api:
    def __init__(self):
        self.gate = UploadGate(2)
        self.app = web.Application()
        self.app.add_routes([web.put("/files/{name}", self.put), web.get("/health", self.health)])

    async def put(self, request):
        size = await self.gate.store(request.content)
        return web.json_response({"name": request.match_info["name"], "size": size})

    async def health(self, request):
        return web.json_response({"served": self.gate.served})

class Client:
    def __init__(self, session, base):
        self.session, self.base = session, base

    async def body(self):
        yield b"x" * 1000
        await asyncio.sleep(LAG)
        yield b"y" * 1000

    async def upload(self, name, data=None):
        async with self.session.put(f"{self.base}/files/{name}", data=data or self.body()) as r:
            return await r.json()

    async def poll_health(self):
        while True:
            async with self.session.get(f"{self.base}/health") as r:
                await r.json()
            await asyncio.sleep(0.7)

async def main():
    runner = web.AppRunner(Api().app, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    from aiohttp import ClientTimeout
    async with ClientSession(timeout=ClientTimeout(total=None)) as session:
        client = Client(session, f"http://127.0.0.1:{port}")
        health = asyncio.create_task(client.poll_health(), name="health-poll")
        slow = [asyncio.create_task(client.upload(f"big{i}"), name=f"slow-{i}") for i in range(2)]
        await asyncio.sleep(0.5)
        asyncio.get_running_loop().call_later(1.0, lambda: print("READY", os.getpid(), flush=True))
        late = [asyncio.create_task(client.upload(f"doc{i}", b"z" * 10), name=f"doc-{i}") for i in range(2)]
        print("DONE", await asyncio.gather(*late), flush=True)
        health.cancel()

asyncio.run(main())
