# a session that has the only connection of an asynchronous pool opens a second one for its audit (rebuilds sqlalchemy/sqlalchemy issue 5546)
import asyncio, signal
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
signal.alarm(900)

class Repository:
    def __init__(self, engine):
        self.engine = engine
    async def audit(self, what):
        async with AsyncSession(self.engine) as session:
            await session.execute(text("select 1"))
    async def save(self, order):
        async with AsyncSession(self.engine) as session:
            await session.execute(text("select 2"))
            await self.audit(order)

async def place(repository, n):
    await asyncio.sleep(0.2 * n)
    await repository.save("order-%d" % n)

async def metrics(engine):
    while True:
        await asyncio.sleep(0.1)
        engine.pool.status()

async def main():
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=AsyncAdaptedQueuePool, pool_size=1, max_overflow=0, pool_timeout=3600)
    repository = Repository(engine)
    asyncio.get_running_loop().call_later(1.5, print, "READY")
    async with asyncio.TaskGroup() as group:
        group.create_task(metrics(engine), name="metrics")
        for n in range(2):
            group.create_task(place(repository, n), name="place-%d" % n)

asyncio.run(main())
