# a task waits for an event that an aiohttp handler sets (bound method)
import asyncio, http.server, os, signal, socket, socketserver, subprocess, sys, threading, time
signal.alarm(900)

from aiohttp import web
class App:
    def __init__(self): self.stop = asyncio.Event()
    async def on_stop(self, request):
        self.stop.set()
        return web.Response()
    async def run(self):
        app = web.Application(); app.add_routes([web.post("/stop", self.on_stop)])
        runner = web.AppRunner(app); await runner.setup(); await web.TCPSite(runner, "127.0.0.1", 0).start()
        asyncio.get_running_loop().call_later(1, print, "READY")
        await self.stop.wait()
asyncio.run(App().run())
