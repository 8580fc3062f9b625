# a task was cancelled while a thread took a lock for it, and nobody has released that (rebuilds ApeWorX/web3.py issue 2693)
import asyncio, concurrent.futures, contextlib, signal, threading, time
signal.alarm(900)
pool = concurrent.futures.ThreadPoolExecutor(3, thread_name_prefix="lock-pool")

@contextlib.asynccontextmanager
async def async_lock(lock):
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(pool, lock.acquire)
    try:
        yield
    finally:
        lock.release()

class SessionCache:
    def __init__(self):
        self.lock = threading.Lock()
        self.sessions = {}
    async def session(self, uri):
        async with async_lock(self.lock):
            await asyncio.sleep(0.5)
            return self.sessions.setdefault(uri, object())

class Provider:
    def __init__(self, cache, uri):
        self.cache, self.uri = cache, uri
    async def request(self):
        return await self.cache.session(self.uri)

async def ticker():
    while True:
        await asyncio.sleep(0.1)

async def main():
    cache = SessionCache()
    asyncio.get_running_loop().call_later(2, print, "READY")
    beat = asyncio.create_task(ticker(), name="ticker")
    first = asyncio.create_task(Provider(cache, "a").request(), name="provider-a")
    await asyncio.sleep(0.1)
    second = asyncio.create_task(Provider(cache, "b").request(), name="provider-b")
    await asyncio.sleep(0.1)
    second.cancel()
    await asyncio.sleep(0.8)
    await asyncio.create_task(Provider(cache, "c").request(), name="provider-c")
    await beat

asyncio.run(main())
