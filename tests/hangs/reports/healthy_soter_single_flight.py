# healthy twin of soter_single_flight: the timeout is long enough for the leader
import asyncio, signal
signal.alarm(900)

class SingleFlight:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.values = {}
        self.flights = {}
    async def get(self, key, compute):
        async with self.lock:
            if key in self.values:
                return self.values[key]
            leader = key not in self.flights
            if leader:
                self.flights[key] = asyncio.Event()
            done = self.flights[key]
        if not leader:
            await done.wait()
            return self.values.get(key)
        value = await compute(key)
        self.values[key] = value
        del self.flights[key]
        done.set()
        return value

class Api:
    def __init__(self):
        self.cache = SingleFlight()
    async def upstream(self, key):
        await asyncio.sleep(25)
        return key.upper()
    async def handle(self, n):
        await asyncio.sleep(0.05 * n)
        return await self.cache.get("report", self.upstream)

async def timeout_middleware(api, n):
    try:
        async with asyncio.timeout(600 if n == 0 else None):
            return await api.handle(n)
    except TimeoutError:
        return "504"

async def ticker():
    while True:
        await asyncio.sleep(0.1)

async def main():
    api = Api()
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(ticker(), name="ticker")
        for n in range(4):
            group.create_task(timeout_middleware(api, n), name="request-%d" % n)

asyncio.run(main())
