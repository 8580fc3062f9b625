# one has a row lock in PostgreSQL and waits for an asyncio lock, the other has that lock and waits for the row (rebuilds rennf93/roboco pull request 721)
import asyncio, signal
import psycopg
from psycopg_pool import AsyncConnectionPool
signal.alarm(900)

class Store:
    def __init__(self, pool):
        self.pool = pool
        self.workspace = asyncio.Lock()
    async def setup(self):
        async with self.pool.connection() as conn:
            await conn.execute("drop table if exists fresh_tasks")
            await conn.execute("create table fresh_tasks (id int primary key, state text)")
            await conn.execute("insert into fresh_tasks values (1, 'new')")
    async def set_state(self, conn, state):
        await conn.execute("update fresh_tasks set state = %s where id = 1", (state,))
    async def claim(self):
        async with self.pool.connection() as conn:
            await self.set_state(conn, "claimed")
            await asyncio.sleep(0.4)
            async with self.workspace:
                await asyncio.sleep(0.1)
    async def clone(self):
        await asyncio.sleep(0.2)
        async with self.workspace:
            async with self.pool.connection() as conn:
                await self.set_state(conn, "cloned")

async def metrics(store):
    while True:
        await asyncio.sleep(0.1)
        store.pool.get_stats()

async def main():
    async with AsyncConnectionPool("host=127.0.0.1 port=16432 user=postgres dbname=postgres", min_size=2, max_size=4, open=False) as pool:
        store = Store(pool)
        await store.setup()
        asyncio.get_running_loop().call_later(2, print, "READY")
        async with asyncio.TaskGroup() as group:
            group.create_task(metrics(store), name="metrics")
            group.create_task(store.claim(), name="claim")
            group.create_task(store.clone(), name="clone")

asyncio.run(main())
