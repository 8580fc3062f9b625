# a websocket protocol with a handshake; feed client and server run in one process (a bridge)
import asyncio, json, os, signal
import websockets
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Protocol:
    async def recv_kind(self, ws, kind):
        while True:
            msg = json.loads(await ws.recv())
            if msg["kind"] == kind:
                return msg

class Server(Protocol):
    def __init__(self): self.sessions, self.seen = set(), 0
    async def handler(self, ws):
        self.seen += 1
        login = await self.recv_kind(ws, "login")
        self.sessions.add(login["user"])
        await ws.send(json.dumps({"kind": "hello", "user": login["user"]}))
        async for raw in ws:
            await ws.send(raw)

class TokenSource:
    """asks the identity service; the answer comes by a callback"""
    def request(self, cb):
        asyncio.get_running_loop().call_later(LAG, cb, "token-1")

class Feed(Protocol):
    def __init__(self, port): self.uri, self.tokens = f"ws://127.0.0.1:{port}", TokenSource()
    async def run(self):
        async with websockets.connect(self.uri, ping_interval=5) as ws:
            self.ws = ws
            hello = await self.recv_kind(ws, "hello")
            self.tokens.request(self.on_token)
            print("ENDED", hello, flush=True)
            await ws.wait_closed()
    def on_token(self, token):
        self.pending = asyncio.ensure_future(self.ws.send(json.dumps({"kind": "login", "user": token})))

async def gauge(server):
    while True:
        await asyncio.sleep(1)
        gauge.value = len(server.sessions)

async def main():
    srv = Server()
    async with websockets.serve(srv.handler, "127.0.0.1", 0) as s:
        port = s.sockets[0].getsockname()[1]
        async with asyncio.TaskGroup() as tg:
            tg.create_task(gauge(srv), name="gauge")
            tg.create_task(Feed(port).run(), name="feed")
            await asyncio.sleep(1.5)
            print("READY", os.getpid(), flush=True)

asyncio.run(main())
