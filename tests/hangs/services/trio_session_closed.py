"""Chat relay on trio: a session has a reader, a pinger and a lingering archive writer."""
import os, signal, trio
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Archive:
    def __init__(self):
        self.lines = []

    def append(self, line):
        self.lines.append(line)

class Session:
    def __init__(self, stream, archive):
        self.stream, self.archive, self.buffer = stream, archive, []
        self.closed = trio.Event()

    async def read(self):
        async for chunk in self.stream:
            self.buffer.append(chunk)

    async def linger(self):
        await self.closed.wait()
        for line in self.buffer:
            self.archive.append(line)

    async def serve(self):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.read)
            nursery.start_soon(self.linger)
        self.closed.set()
        print("DONE", len(self.archive.lines), flush=True)

class Peer:
    def __init__(self, stream):
        self.stream = stream

    async def talk(self):
        async with self.stream:
            for i in range(5):
                await self.stream.send_all(f"line {i}\n".encode())
                await trio.sleep(0.05)

async def ticker(archive):
    while True:
        await trio.sleep(0.4)
        len(archive.lines)

async def announce():
    await trio.sleep(1.2)
    print("READY", os.getpid(), flush=True)

async def main():
    archive = Archive()
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    async with trio.open_nursery() as n:
        n.start_soon(ticker, archive)
        n.start_soon(announce)
        client = await trio.open_tcp_stream("127.0.0.1", port)
        server = await listeners[0].accept()
        n.start_soon(Peer(client).talk)
        await Session(server, archive).serve()
        n.cancel_scope.cancel()

trio.run(main)
