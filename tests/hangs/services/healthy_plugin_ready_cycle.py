# plugin host: plugins are registered by name, setup may wait for other plugins
import asyncio, os, signal, sys
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Plugin:
    registry: dict[str, type["Plugin"]] = {}
    requires: tuple = ()
    def __init_subclass__(cls, *, name, **kw):
        super().__init_subclass__(**kw)
        cls.name = name
        Plugin.registry[name] = cls
    def __init__(self, host):
        self.host = host
        self.ready = asyncio.Event()
    async def setup(self): ...
    def probe(self): self.ready.set()

class Config(Plugin, name="config"):
    pass

class Storage(Plugin, name="storage"):
    requires = ("config",)
    async def setup(self):
        self.rows = {}

class Cache(Plugin, name="cache"):
    requires = ("storage",)
    async def setup(self):
        self.hot = dict(self.host["storage"].rows)

class Metrics(Plugin, name="metrics"):
    async def setup(self):
        self.task = asyncio.create_task(self._pump(), name="metrics-pump")
    async def _pump(self):
        while True:
            await asyncio.sleep(1)
            self.last = {n: p.ready.is_set() for n, p in self.host.plugins.items()}

class Host:
    slow = {"storage"}
    def __init__(self, names):
        self.plugins = {n: Plugin.registry[n](self) for n in names}
    def __getitem__(self, name): return self.plugins[name]
    async def boot(self, name):
        p = self.plugins[name]
        for dep in p.requires:
            await self[dep].ready.wait()
        await p.setup()
        self.arrange(name, "probe")
    def arrange(self, name, what):
        delay = LAG if name in self.slow else 0
        asyncio.get_running_loop().call_later(delay, lambda: getattr(self.plugins[name], what)())
    async def start(self):
        async with asyncio.TaskGroup() as tg:
            for n in self.plugins:
                tg.create_task(self.boot(n), name=f"boot-{n}")

async def main():
    host = Host(sys.argv[1:] or ["config", "storage", "cache", "metrics"])
    asyncio.get_running_loop().call_later(1.2, lambda: print("READY", os.getpid(), flush=True))
    await host.start()
    print("ENDED", flush=True)

with asyncio.Runner() as r:
    r.run(main())
