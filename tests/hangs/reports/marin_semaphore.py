# an interceptor acquires a threading.Semaphore on the event loop, and those who have it wait on the loop (rebuilds marin-community/marin pull request 5925)
import asyncio, signal, threading
signal.alarm(900)

class ConcurrencyLimit:
    def __init__(self, limits):
        self.slots = {method: threading.Semaphore(n) for method, n in limits.items()}
    async def intercept(self, method, call):
        slots = self.slots[method]
        slots.acquire()
        try:
            return await call()
        finally:
            slots.release()

class LogService:
    def __init__(self):
        self.limit = ConcurrencyLimit({"FetchLogs": 2, "Ping": 10})
    async def read_chunk(self):
        await asyncio.sleep(0.3)
    async def fetch_logs(self):
        return await self.limit.intercept("FetchLogs", self.read_chunk)

async def request(service, n):
    await asyncio.sleep(0.2)
    await service.fetch_logs()

async def health():
    while True:
        await asyncio.sleep(0.1)

async def main():
    service = LogService()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    beat = asyncio.create_task(health(), name="health")
    await asyncio.gather(*[asyncio.create_task(request(service, n), name="fetch-%d" % n) for n in range(5)])
    await beat

asyncio.run(main())
