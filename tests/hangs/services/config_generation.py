"""Feature-flag service: routers rebuild their tables whenever a new config generation is published."""
import asyncio, json, os, random, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class ConfigStore:
    def __init__(self):
        self.data = {"rev": 1}
        self._next = None

    @property
    def next_generation(self):
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        return self._next

    def publish(self, text):
        self.data = json.loads(text)
        self._next = asyncio.get_running_loop().create_future()
        waiting = self._next
        if waiting is not None and not waiting.done():
            waiting.set_result(self.data["rev"])

class Router:
    def __init__(self, name, store):
        self.name, self.store, self.table = name, store, {}

    async def run(self):
        while True:
            self.table = {f"/{self.name}/{i}": self.store.data["rev"] for i in range(20)}
            rev = await self.store.next_generation
            print("DONE", self.name, "rebuilt at", rev, flush=True)

class Metrics:
    def __init__(self, routers):
        self.routers, self.samples = routers, []

    async def poll(self):
        while True:
            self.samples.append(sum(len(r.table) for r in self.routers))
            del self.samples[:-50]
            await asyncio.sleep(0.5 + random.random() / 10)

class Health:
    async def handle(self, reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nok")
        await writer.drain()
        writer.close()

async def main():
    loop = asyncio.get_running_loop()
    store = ConfigStore()
    routers = [Router(n, store) for n in ("eu", "us")]
    server = await asyncio.start_server(Health().handle, "127.0.0.1", 0)
    tasks = [asyncio.create_task(r.run(), name=f"router-{r.name}") for r in routers]
    tasks.append(asyncio.create_task(Metrics(routers).poll(), name="metrics"))
    loop.call_later(0.5, store.publish, '{"rev": 2}')
    loop.call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    async with server:
        await asyncio.gather(*tasks)

asyncio.run(main())
