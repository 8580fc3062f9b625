# a receiver iterates until all clones of the send stream are closed
import anyio, logging
from svc_noise import SLOW, ready, aio_heartbeat

class Registry:
    def __init__(self):
        self.senders = {}

class Fetcher:
    def __init__(self, registry, name, sender):
        self.registry, self.name, self.sender = registry, name, sender
        registry.senders[name] = sender
    async def fetch(self):
        await anyio.sleep(0.1)
        if self.name == "b":
            await anyio.sleep(SLOW)
        await self.sender.send(self.name)
    async def run(self):
        try:
            await self.fetch()
            await self.sender.aclose()
        except ConnectionError as e:
            logging.getLogger("fetch").debug("%s", e)

async def collect(receiver):
    found = []
    async with receiver:
        async for item in receiver:
            found.append(item)
    return found

async def main():
    registry = Registry()
    send, receive = anyio.create_memory_object_stream()
    async with anyio.create_task_group() as group:
        group.start_soon(aio_heartbeat, name="heartbeat")
        for name in "abc":
            group.start_soon(Fetcher(registry, name, send.clone()).run, name="fetch-" + name)
        send.close()
        print(await collect(receive))
        print("DONE", flush=True)
        group.cancel_scope.cancel()
ready()
anyio.run(main)
