# an in-process event bus with one-shot listeners and an admin endpoint
import asyncio, fnmatch, os, signal, time, weakref
signal.alarm(900)

class Bus:
    def __init__(self, max_age):
        self.max_age = max_age
        self.listeners: list[tuple[float, str, callable]] = []
        self.published = 0

    def on(self, pattern):
        def deco(fn):
            self.listeners.append((float("inf"), pattern, fn))
            return fn
        return deco

    async def once(self, topic):
        fut = asyncio.get_running_loop().create_future()
        self.listeners.append((time.monotonic(), topic, lambda **kw: fut.done() or fut.set_result(kw)))
        return await fut

    def publish(self, topic, **kw):
        self.published += 1
        for born, pattern, fn in list(self.listeners):
            if fnmatch.fnmatch(topic, pattern):
                fn(**kw)

    async def janitor(self):
        while True:
            await asyncio.sleep(0.2)
            limit = time.monotonic() - self.max_age
            self.listeners = [l for l in self.listeners if l[0] > limit]

class Admin:
    routes = {"publish": "do_publish", "health": "do_health"}
    def __init__(self, bus): self.bus = bus
    async def __call__(self, reader, writer):
        line = (await reader.readline()).decode().split()
        if len(line) > 1:
            _, verb, *rest = line[1].split("/")
            handler = getattr(self, self.routes.get(verb, "do_health"))
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + handler(*rest).encode())
            await writer.drain()
        writer.close()
    def do_publish(self, topic=""):
        self.bus.publish(topic)
        return "published"
    def do_health(self, *_): return "ok"

class Migrations:
    def __init__(self, bus): self.bus, self.done = bus, []
    async def prepare(self):
        await asyncio.sleep(0.8)
        self.bus.publish("schema.ready", version=7)
    async def migrate(self):
        kw = await self.bus.once("schema.ready")
        self.done.append(kw)
        print("ENDED", flush=True)

async def main():
    bus = Bus(max_age=0.3)
    mig = Migrations(bus)
    @bus.on("metrics.*")
    def count(**kw): count.n = getattr(count, "n", 0) + 1
    async with asyncio.TaskGroup() as tg:
        tg.create_task(bus.janitor(), name="janitor")
        tg.create_task(mig.prepare(), name="prepare")
        job = tg.create_task(mig.migrate(), name="migrate")
        await asyncio.sleep(1.5)
        print("READY", os.getpid(), flush=True)
        while True:
            await asyncio.sleep(2)
            bus.publish("metrics.tick")

asyncio.run(main())
