# aiormq #83: rpc() holds the channel's lock, and on a timeout calls close(), which calls rpc()
import asyncio, signal
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class Broker:
    """Answers one line with one line."""
    async def serve(self, reader, writer):
        while line := await reader.readline():
            if line.startswith(b"queue.declare"):
                await asyncio.sleep(20)
            writer.write(b"ok " + line)
            await writer.drain()


class Channel:
    def __init__(self, reader, writer, timeout):
        self.reader, self.writer, self.timeout = reader, writer, timeout
        self.lock = asyncio.Lock()

    async def rpc(self, frame):
        async with self.lock:
            try:
                self.writer.write(frame + b"\n")
                return await asyncio.wait_for(self.reader.readline(), self.timeout)
            except asyncio.TimeoutError:
                await self.close()
                raise

    async def close(self):
        await self.rpc(b"channel.close")
        self.writer.close()


async def publisher(channel):
    await asyncio.sleep(0.1)
    await channel.rpc(b"basic.publish")
    note("WAIT ENDED")


async def main():
    metrics = Metrics()
    server = await asyncio.start_server(Broker().serve, "127.0.0.1", 0)
    admin = await admin_listener()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    channel = Channel(reader, writer, timeout=60)
    ready(2)
    async with asyncio.TaskGroup() as tg:
        tg.create_task(beat(metrics), name="beat")
        tg.create_task(channel.rpc(b"queue.declare orders"), name="declare")
        tg.create_task(publisher(channel), name="publisher")


asyncio.run(main())
