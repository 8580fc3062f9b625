# healthy twin of aiohttp_cleanup: the handler gets its item after 25 s
import asyncio, signal
import aiohttp
from aiohttp import web
signal.alarm(900)
updates = asyncio.Queue()

async def on_ws(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    await updates.get()
    await ws.close()
    return ws

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    app = web.Application()
    app.router.add_get("/ws", on_ws)
    runner = web.AppRunner(app, shutdown_timeout=1800)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect("http://127.0.0.1:%d/ws" % runner.addresses[0][1]):
            await asyncio.sleep(0.2)
            asyncio.get_running_loop().call_later(25, updates.put_nowait, "bye")
            await runner.cleanup()
    await beat

asyncio.run(main())
