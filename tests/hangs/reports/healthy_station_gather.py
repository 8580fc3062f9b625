# norma-core #64: the connection is gone, but gather() waits for the loops that are parked on their queues, so the client never reconnects
import asyncio, signal
from svckit import Metrics, admin_listener, beat, note, ready
signal.alarm(900)


class Station:
    """Answers one command, then is restarted."""
    async def serve(self, reader, writer):
        writer.write(b"answer to " + await reader.readline())
        await writer.drain()
        writer.close()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]


class Client:
    def __init__(self, port, metrics):
        self.port, self.metrics = port, metrics
        self.c2s, self.s2c = asyncio.Queue(), asyncio.Queue()
        self.answers, self.connections = [], 0

    async def read_loop(self, reader):
        while line := await reader.readline():
            await self.s2c.put(line)

    async def write_loop(self, writer):
        while True:
            command = await self.c2s.get()
            if command is None:
                return
            writer.write(command)
            await writer.drain()

    async def process_responses(self):
        while True:
            answer = await self.s2c.get()
            if answer is None:
                return
            self.answers.append(answer)
            self.metrics.add("answers")

    async def keepalive(self):
        await asyncio.sleep(20)
        await self.c2s.put(None)
        await self.s2c.put(None)

    async def manage_connection(self):
        while self.connections < 2:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.connections += 1
            if self.connections == 2:
                note("WAIT ENDED")
                return
            loops = [self.read_loop(reader), self.write_loop(writer), self.process_responses()]
            loops.append(self.keepalive())
            tasks = [asyncio.create_task(c, name=c.__name__) for c in loops]
            await asyncio.gather(*tasks)
            writer.close()


async def main():
    metrics, admin = Metrics(), await admin_listener()
    client = Client(await Station().start(), metrics)
    client.c2s.put_nowait(b"position\n")
    beating = asyncio.create_task(beat(metrics), name="beat")
    ready(1.5)
    await asyncio.create_task(client.manage_connection(), name="manage-connection")


asyncio.run(main())
