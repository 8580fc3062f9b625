# home-made connection pool with a liveness probe at checkout
import asyncio, contextlib, contextvars, os, random, signal
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
request_id = contextvars.ContextVar("request_id", default="-")

class Broken(Exception): pass

class Conn:
    serial = 0
    def __init__(self):
        Conn.serial += 1
        self.n, self.alive = Conn.serial, True
    async def ping(self):
        await asyncio.sleep(0.01)
        if not self.alive:
            raise Broken(self.n)
    async def query(self, sql):
        await asyncio.sleep(0.05)
        return [(self.n, sql)]

class Pool:
    def __init__(self, size=2):
        self.free: asyncio.Queue[Conn] = asyncio.Queue()
        self.all = [Conn() for _ in range(size)]
        for c in self.all: self.free.put_nowait(c)
        self.log = []
    async def acquire(self):
        conn = await self.free.get()
        try:
            await conn.ping()
        except Broken:
            self.log.append((request_id.get(), conn.n))
            asyncio.get_running_loop().call_later(LAG, self._reconnected, conn)
            raise
        return conn
    def _reconnected(self, conn):
        conn.alive = True
        self.free.put_nowait(conn)
    @contextlib.asynccontextmanager
    async def connection(self):
        conn = await self.acquire()
        try:
            yield conn
        finally:
            self.free.put_nowait(conn)

def retry(times, on):
    def deco(fn):
        async def wrapper(*a):
            for left in reversed(range(times)):
                try:
                    return await fn(*a)
                except on:
                    if not left: raise
                    await asyncio.sleep(0.05)
        return wrapper
    return deco

class Reports:
    def __init__(self, pool): self.pool = pool
    @retry(5, Broken)
    async def run(self, name):
        request_id.set(name)
        async with self.pool.connection() as c:
            return await c.query(f"select {name}")

async def stats(pool, out):
    while True:
        out.append(pool.free.qsize())
        await asyncio.sleep(1)

async def main():
    pool, out = Pool(), []
    rep = Reports(pool)
    st = asyncio.create_task(stats(pool, out), name="stats")
    await asyncio.gather(*(rep.run(n) for n in "abc"))
    for c in pool.all: c.alive = False          # the database restarted
    jobs = [asyncio.create_task(rep.run(f"job{n}"), name=f"job-{n}") for n in range(3)]
    await asyncio.sleep(1.5)
    print("READY", os.getpid(), flush=True)
    await asyncio.gather(*jobs)
    print("ENDED", flush=True)

asyncio.run(main())
