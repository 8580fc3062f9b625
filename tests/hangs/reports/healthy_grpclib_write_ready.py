# healthy twin of grpclib_write_ready: the peer begins to read after 25 s
import asyncio, signal
signal.alarm(900)

class Connection:
    def __init__(self, transport):
        self.transport = transport
        self.write_ready = asyncio.Event()
        self.write_ready.set()
        self.streams = {}

class H2Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.connection = Connection(transport)
    def pause_writing(self):
        self.connection.write_ready.clear()
    def resume_writing(self):
        self.connection.write_ready.set()
    def connection_lost(self, exc):
        for stream in self.connection.streams.values():
            stream.set()

class Stream:
    def __init__(self, connection, number):
        self.connection, self.number = connection, number
        self.answered = asyncio.Event()
    async def send_request(self, body):
        await self.connection.write_ready.wait()
        self.connection.transport.write(body)
        self.connection.streams[self.number] = self.answered

class Channel:
    def __init__(self, address):
        self.address = address
        self.protocol = None
    async def connect(self):
        loop = asyncio.get_running_loop()
        transport, self.protocol = await loop.create_connection(H2Protocol, *self.address)
    async def call(self, number, body):
        stream = Stream(self.protocol.connection, number)
        await stream.send_request(body)
        await stream.answered.wait()

class Reset(asyncio.Protocol):
    def connection_made(self, transport):
        transport.pause_reading()
        asyncio.get_running_loop().call_later(25, transport.resume_reading)
    def data_received(self, data):
        pass

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def upload(channel):
    channel.protocol.connection.transport.write(b"x" * 20_000_000)

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Reset, "127.0.0.1", 0)
    channel = Channel(server.sockets[0].getsockname())
    await channel.connect()
    loop.call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(heartbeat(), name="heartbeat")
        group.create_task(upload(channel), name="upload")
        await asyncio.sleep(0.1)
        group.create_task(channel.call(1, b"status"), name="call-1")

asyncio.run(main())
