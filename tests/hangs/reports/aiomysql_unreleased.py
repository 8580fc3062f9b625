# a query function returns early without giving its connection back, until the pool is empty (rebuilds aio-libs/aiomysql issue 553)
import asyncio, collections, signal
signal.alarm(900)

class Pool:
    def __init__(self, size):
        self.free = collections.deque(range(size))
        self.cond = asyncio.Condition()
    async def acquire(self):
        async with self.cond:
            while not self.free:
                await self.cond.wait()
            return self.free.popleft()
    async def release(self, conn):
        async with self.cond:
            self.free.append(conn)
            self.cond.notify()

async def balance(pool, user):
    conn = await pool.acquire()
    if user % 3 == 2:
        return None
    await asyncio.sleep(0.02)
    await pool.release(conn)

async def heartbeat():
    while True:
        await asyncio.sleep(0.1)

async def bot(pool):
    while True:
        for user in range(100):
            await balance(pool, user)

async def main():
    asyncio.get_running_loop().call_later(1, print, "READY")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await bot(Pool(2))

asyncio.run(main())
