# healthy twin of aiokafka_stop: it tries again in 25 s only
import asyncio, signal, socket
signal.alarm(900)

class NodeNotReady(Exception):
    pass

class Client:
    def __init__(self, port):
        self.port = port
    async def ready(self):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            raise NodeNotReady
        writer.close()

class GroupCoordinator:
    def __init__(self, client):
        self.client = client
        self.closing = asyncio.Event()
        self.attempts = 0
        self.task = asyncio.create_task(self.routine(), name="coordination")
    async def ensure_known(self):
        while True:
            try:
                return await self.client.ready()
            except NodeNotReady:
                self.attempts += 1
                await asyncio.sleep(25)
    async def routine(self):
        while not self.closing.is_set():
            await self.ensure_known()
            await asyncio.sleep(0.1)
    async def close(self):
        self.closing.set()
        await self.task

class Consumer:
    def __init__(self, port):
        self.coordinator = GroupCoordinator(Client(port))
    async def stop(self):
        await self.coordinator.close()

def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

async def main():
    consumer = Consumer(closed_port())
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    await asyncio.sleep(0.5)
    await consumer.stop()

asyncio.run(main())
