# trio-websocket #74: close() waits for the reader task, which is blocked in handing over a message that nobody receives
import signal
import trio
from svckit import note, ready
signal.alarm(900)


class Server:
    def __init__(self):
        self.seen = 0

    async def handle(self, stream):
        for n in range(3):
            await stream.send_all(b"message %d\n" % n)
        async for chunk in stream:
            self.seen += len(chunk)
        await stream.aclose()


class Connection:
    def __init__(self, stream, nursery):
        self.stream = stream
        self.send_channel, self.receive_channel = trio.open_memory_channel(0)
        self.reader_done = trio.Event()
        nursery.start_soon(self._reader, name="ws-reader")

    async def _reader(self):
        buffer = b""
        async for chunk in self.stream:
            buffer += chunk
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                await self.send_channel.send(line)
        self.reader_done.set()

    async def get_message(self):
        return await self.receive_channel.receive()

    async def aclose(self):
        await self.stream.send_eof()
        await self.reader_done.wait()
        await self.stream.aclose()


async def heartbeat(server):
    while True:
        await trio.sleep(1)
        server.seen += 0


async def slow_consumer(connection):
    await trio.sleep(20)
    for _ in range(2):
        await connection.get_message()


async def main():
    server = Server()
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, server.handle, 0)
        nursery.start_soon(heartbeat, server, name="heartbeat")
        stream = await trio.open_tcp_stream("127.0.0.1", listeners[0].socket.getsockname()[1])
        connection = Connection(stream, nursery)
        note("first:", await connection.get_message())
        nursery.start_soon(slow_consumer, connection, name="slow-consumer")
        ready(1.5)
        await connection.aclose()
        note("WAIT ENDED")
        nursery.cancel_scope.cancel()


trio.run(main)
