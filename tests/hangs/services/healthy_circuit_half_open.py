# HTTP-like client with a circuit breaker; callers queue while it is open
import asyncio, enum, os, signal, statistics
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Mode(enum.Enum):
    CLOSED = 1; OPEN = 2; HALF_OPEN = 3

class Breaker:
    def __init__(self, cooldown):
        self.mode, self.cooldown = Mode.CLOSED, cooldown
        self.closed = asyncio.Event(); self.closed.set()
        self.trips = 0

    def trip(self):
        self.mode = Mode.OPEN
        self.trips += 1
        self.closed.clear()
        asyncio.get_running_loop().call_later(self.cooldown, self._half)

    def _half(self):
        self.mode = Mode.HALF_OPEN
        asyncio.ensure_future(self.probe())

    async def probe(self):
        await asyncio.sleep(0)
        self.mode = Mode.CLOSED
        self.closed.set()

    async def __call__(self, fn):
        if self.mode is Mode.HALF_OPEN and not getattr(self, "probing", False):
            self.probing = True
            return await self._try(fn)
        await self.closed.wait()
        return await self._try(fn)

    async def _try(self, fn):
        try:
            out = await fn()
        except OSError:
            self.trip()
            raise
        if self.mode is not Mode.CLOSED:
            self.mode = Mode.CLOSED
            self.closed.set()
        return out

class Upstream:
    def __init__(self): self.n = 0
    async def fetch(self):
        self.n += 1
        if self.n == 1:
            raise ConnectionRefusedError
        await asyncio.sleep(0.01)
        return self.n

class Client:
    def __init__(self, breaker, up): self.breaker, self.up, self.times = breaker, up, []
    async def get(self, timeout=None):
        async with asyncio.timeout(timeout):
            return await self.breaker(self.up.fetch)

async def metrics(c):
    while True:
        await asyncio.sleep(1)
        metrics.mean = statistics.fmean(c.times or [0])

async def main():
    c = Client(Breaker(LAG), Upstream())
    m = asyncio.create_task(metrics(c), name="metrics")
    for t in (1, 0.3):
        try:
            await c.get(t)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.2)
    gets = [asyncio.create_task(c.get(), name=f"get-{n}") for n in range(3)]
    await asyncio.sleep(1)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(*gets)
    print("ENDED", flush=True)

asyncio.run(main())
