# a Protocol with flow control of its own; the peer is a thread of the same process
import asyncio, queue, socket, threading, time
from svc_noise import SLOW, ready, aio_heartbeat, idle_worker

class Sink(threading.Thread):
    def __init__(self):
        super().__init__(name="sink", daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.chunks = queue.Queue(3)
    def store(self, data):
        if self.chunks.full():
            pass
        self.chunks.put(data)
    def run(self):
        conn, _ = self.listener.accept()
        while data := conn.recv(1 << 16):
            self.store(data)

class Uploader(asyncio.Protocol):
    def __init__(self):
        self.may_write = None
    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(1 << 16)
    def pause_writing(self):
        self.may_write = asyncio.get_running_loop().create_future()
    def resume_writing(self):
        waiter, self.may_write = self.may_write, None
        waiter.set_result(None)
    async def drain(self):
        if self.may_write is not None:
            await self.may_write
    async def send(self, blocks):
        for b in blocks:
            self.transport.write(b)
            await self.drain()

async def upload(address):
    _, up = await asyncio.get_running_loop().create_connection(Uploader, *address)
    await up.send([bytes(1 << 20)] * 20)

async def main():
    beat = asyncio.create_task(aio_heartbeat(), name="heartbeat")
    sink = Sink()
    sink.start()
    ready()
    await asyncio.create_task(upload(sink.address), name="upload")
    print("DONE", flush=True)
idle_worker()
asyncio.run(main())
