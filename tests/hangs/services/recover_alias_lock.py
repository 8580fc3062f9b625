# a connection manager: on a broken global pool the first caller recovers it, the others wait
import asyncio, os, signal, logging
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
log = logging.getLogger("pool")

class GlobalPool:
    def __init__(self): self.ok = True
    async def execute(self, sql):
        await asyncio.sleep(0.02)
        if not self.ok:
            raise ConnectionError("pool closed")
        return [sql]

class ConnectionManager:
    def __init__(self):
        self.pool: GlobalPool | None = GlobalPool()
        self._recovery_lock = asyncio.Lock()
        self.pool_recovery_lock = self._recovery_lock
        self.recovering = False
        self.attempts = 0

    async def _connect(self):
        self.attempts += 1
        ready = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(LAG, ready.set_result, GlobalPool())
        return await ready

    async def recover(self):
        async with self.pool_recovery_lock:
            self.recovering = True
            try:
                self.pool = await self._connect()
            finally:
                self.recovering = False

    async def recover_with_lock(self):
        async with self._recovery_lock:
            if self.pool is None or not self.pool.ok:
                await self.recover()

    async def query(self, sql):
        for _ in range(3):
            try:
                return await self.pool.execute(sql)
            except ConnectionError:
                log.debug("recovering")
                await self.recover_with_lock()

async def health_loop(mgr):
    while True:
        await asyncio.sleep(1)
        health_loop.last = (mgr.recovering, mgr.attempts)

async def main():
    mgr = ConnectionManager()
    h = asyncio.create_task(health_loop(mgr), name="health-loop")
    await mgr.query("select 1")
    mgr.pool.ok = False
    qs = [asyncio.create_task(mgr.query(f"select {n}"), name=f"query-{n}") for n in range(3)]
    await asyncio.sleep(1.2)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(*qs)
    print("ENDED", flush=True)

asyncio.run(main())
