"""Market gateway: sessions hold back their orders until an operator opens the gateway."""
import asyncio, os, signal
from aiohttp import ClientSession, web
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Gateway:
    def __init__(self):
        self.open = asyncio.Event()
        self.sent = []

    async def session(self, name):
        await self.open.wait()
        self.sent.append(name)
        print("DONE", name, flush=True)
        await asyncio.sleep(3600)

class Admin:
    def __init__(self, gateway):
        self.gateway = gateway

    async def handle(self, request):
        fn = getattr(self, "cmd_" + request.match_info["cmd"], None)
        if fn is None:
            raise web.HTTPNotFound
        return web.json_response(fn())

    def cmd_open(self):
        self.gateway.open.set()
        return {"open": True}

    def cmd_close(self):
        self.gateway.open.clear()
        return {"open": False}

def public_app(gateway):
    async def status(request):
        return web.json_response({"sent": len(gateway.sent)})
    app = web.Application()
    app.router.add_get("/status", status)
    return app

def admin_app(gateway):
    app = web.Application()
    app.router.add_post("/admin/{cmd}", Admin(gateway).handle)
    return app

async def serve(app):
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, runner.addresses[0][1]

async def probe(port):
    async with ClientSession() as s:
        while True:
            async with s.get(f"http://127.0.0.1:{port}/status") as r:
                await r.json()
            await asyncio.sleep(0.8)

async def main():
    gateway = Gateway()
    runner, port = await serve(public_app(gateway))
    if os.environ.get("ADMIN_ENABLED"):
        await serve(admin_app(gateway))
    sessions = [asyncio.create_task(gateway.session(n), name=f"session-{n}") for n in ("fix1", "fix2")]
    asyncio.get_running_loop().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await probe(port)

asyncio.run(main())
