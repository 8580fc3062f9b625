# a line protocol that upgrades; the caller waits until the connection has gone
import asyncio, os, signal, sys
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Base(asyncio.Protocol):
    def __init__(self):
        self.closed = asyncio.get_running_loop().create_future()
        self.data = b""
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data): self.data += data
    def connection_lost(self, exc):
        if not self.closed.done():
            self.closed.set_result(exc)

class Upgraded(Base):
    def __init__(self, old):
        super().__init__()
        self.transport = old.transport

class Session:
    def __init__(self, proto): self.proto = proto
    def upgrade(self):
        self.proto.data = b""
    async def linger(self):
        await self.proto.closed
        print("ENDED", flush=True)

CHILD = "import socket,sys,time; s=socket.create_connection(('127.0.0.1',int(sys.argv[1]))); s.send(b'hi'); time.sleep(float(sys.argv[2]))"

async def accept(box, reader=None):
    loop = asyncio.get_running_loop()
    got = loop.create_future()
    class First(Base):
        def connection_made(self, tr):
            super().connection_made(tr)
            got.set_result(self)
    server = await loop.create_server(First, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wait = str(LAG)
    box.append(await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, str(port), wait))
    proto = await got
    server.close()
    return proto

async def keepalive(session):
    while True:
        await asyncio.sleep(1)
        keepalive.n = len(session.proto.data)

async def main():
    box = []
    session = Session(await accept(box))
    session.upgrade()
    k = asyncio.create_task(keepalive(session), name="keepalive")
    asyncio.get_running_loop().call_later(1.8, lambda: print("READY", os.getpid(), flush=True))
    await asyncio.create_task(session.linger(), name="linger")

asyncio.run(main())
