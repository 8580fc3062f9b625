# requests over a websocket by id; client and server are in the same process
import asyncio, itertools
from aiohttp import ClientSession, web
from svc_noise import SLOW, ready, aio_heartbeat

routes = {}
def method(fn):
    routes[fn.__name__] = fn
    return fn
@method
async def version():
    return "1.0"
async def report():
    await asyncio.sleep(SLOW)
    return "rows"

async def ws_handler(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        data = message.json()
        handler = routes.get(data["method"])
        if handler is None:
            continue
        await ws.send_json({"id": data["id"], "result": await handler()})
    return ws

class Rpc:
    def __init__(self, ws):
        self.ws, self.ids, self.futures = ws, itertools.count(1), {}
        self.listener = asyncio.create_task(self.listen(), name="rpc-listen")
    async def listen(self):
        async for message in self.ws:
            data = message.json()
            self.futures.pop(data["id"]).set_result(data["result"])
    async def ask(self, name):
        n = next(self.ids)
        self.futures[n] = asyncio.get_running_loop().create_future()
        await self.ws.send_json({"id": n, "method": name})
        return await self.futures[n]

async def caller(port):
    async with ClientSession() as session:
        async with session.ws_connect("http://127.0.0.1:%d/ws" % port) as ws:
            rpc = Rpc(ws)
            await rpc.ask("version")
            ready()
            print(await rpc.ask("report"))
            print("DONE", flush=True)

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    app = web.Application()
    app.add_routes([web.get("/ws", ws_handler)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await asyncio.create_task(caller(site._server.sockets[0].getsockname()[1]), name="caller")
asyncio.run(main())
