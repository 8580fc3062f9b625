# a robust channel that was closed and reopened never becomes ready again (rebuilds mosquito/aio-pika issue 570)
import asyncio, itertools, signal
signal.alarm(900)

class Connection:
    def __init__(self):
        self.channels = set()

class RobustChannel:
    def __init__(self, connection):
        self.connection = connection
        self.ready = asyncio.Event()
        self.number = None
    async def open(self):
        await asyncio.sleep(0.05)
        self.number = len(self.connection.channels) + 1
        self.connection.channels.add(self)
        self.ready.set()
    async def close(self):
        self.ready.clear()
        self.connection.channels.discard(self)
        self.number = None
    async def reopen(self):
        if self.number is None:
            await asyncio.sleep(0.05)
            self.number = 1
    async def restore(self):
        self.ready.set()
    async def declare_queue(self, name):
        await self.ready.wait()
        return name

class Publisher:
    def __init__(self, channel):
        self.channel = channel
        self.outbox = asyncio.Queue(100)
    async def run(self):
        while True:
            message = await self.outbox.get()
            await self.channel.declare_queue(message)

async def metrics(publisher):
    for n in itertools.count(1):
        await asyncio.sleep(0.2)
        if n % 100 == 0:
            publisher.outbox.put_nowait("queue size %d" % publisher.outbox.qsize())

async def setup(channel):
    await channel.open()
    await channel.declare_queue("orders")
    await channel.close()
    await channel.reopen()
    await channel.declare_queue("orders")

async def main():
    connection = Connection()
    channel = RobustChannel(connection)
    publisher = Publisher(channel)
    asyncio.get_running_loop().call_later(1, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(publisher.run(), name="publisher")
        group.create_task(metrics(publisher), name="metrics")
        group.create_task(setup(channel), name="setup")

asyncio.run(main())
