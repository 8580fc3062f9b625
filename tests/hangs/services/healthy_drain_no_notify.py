# graceful shutdown of an RPC server: stop accepting, wait until nothing is in flight
import asyncio, contextlib, os, signal, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Inflight:
    def __init__(self):
        self.count = 0
        self.changed = asyncio.Condition()
    @contextlib.asynccontextmanager
    async def track(self):
        self.count += 1
        try:
            yield
        except ConnectionError:
            await self._leave()
            raise
        else:
            await self._leave()
    async def _leave(self):
        async with self.changed:
            self.count -= 1
            self.changed.notify_all()
    async def drain(self):
        async with self.changed:
            await self.changed.wait_for(lambda: self.count == 0)

class Backend:
    def __init__(self): self.slow = {}
    async def call(self, key):
        if key == "fast":
            await asyncio.sleep(0.1); return "ok"
        self.slow[key] = fut = asyncio.get_running_loop().create_future()
        delay = LAG
        asyncio.get_running_loop().call_later(delay, self._lost, key)
        return await fut
    def _lost(self, key):
        self.slow.pop(key).set_exception(ConnectionResetError(key))

class Server:
    def __init__(self):
        self.inflight, self.backend = Inflight(), Backend()
        self.stopping = asyncio.Event()
        self.handled = 0
    async def handle(self, key):
        async with self.inflight.track():
            self.handled += 1
            return await self.backend.call(key)
    async def serve(self):
        tasks = [asyncio.create_task(self.handle(k), name=f"rpc-{k}-{n}") for n, k in enumerate(["fast", "fast", "slow"])]
        for t in tasks:
            t.add_done_callback(lambda t: t.cancelled() or t.exception())
        await self.stopping.wait()
        await self.inflight.drain()
        print("ENDED", flush=True)

async def lag_probe():
    while True:
        t = time.monotonic(); await asyncio.sleep(0.5)
        lag_probe.last = time.monotonic() - t - 0.5

async def main():
    srv = Server()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, srv.stopping.set)
    probe = asyncio.create_task(lag_probe(), name="lag-probe")
    loop.call_later(0.5, os.kill, os.getpid(), signal.SIGTERM)
    loop.call_later(1.8, lambda: print("READY", os.getpid(), flush=True))
    await asyncio.create_task(srv.serve(), name="serve")

asyncio.run(main())
