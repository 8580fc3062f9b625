# healthy twin of anyio_lock_handoff: nothing is cancelled, and a request has the lock for 25 s
import asyncio, collections, signal
signal.alarm(900)

class Lock:
    """as anyio 4.13 did it"""
    def __init__(self):
        self._owner_task = None
        self._waiters = collections.deque()
    async def acquire(self):
        task = asyncio.current_task()
        if self._owner_task is None and not self._waiters:
            self._owner_task = task
            return
        fut = asyncio.get_running_loop().create_future()
        item = task, fut
        self._waiters.append(item)
        try:
            await fut
        except asyncio.CancelledError:
            self._waiters.remove(item)
            if self._owner_task is task:
                self.release()
            raise
        self._waiters.remove(item)
    def release(self):
        for task, fut in self._waiters:
            if not fut.cancelled():
                self._owner_task = task
                fut.set_result(None)
                return
        self._owner_task = None
    async def __aenter__(self):
        await self.acquire()
    async def __aexit__(self, *exc):
        self.release()

class Bridge:
    def __init__(self):
        self.pending_lock = Lock()
    async def request(self, seconds):
        async with self.pending_lock:
            await asyncio.sleep(seconds)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    bridge = Bridge()
    await bridge.pending_lock.acquire()
    waiter = asyncio.create_task(bridge.request(0.01), name="request-0")
    await asyncio.sleep(0.05)
    newcomer = asyncio.create_task(bridge.request(25), name="request-1")
    bridge.pending_lock.release()
    rest = [asyncio.create_task(bridge.request(0.01), name="request-%d" % n) for n in range(2, 5)]
    await asyncio.wait([waiter, newcomer] + rest)

asyncio.run(main())
