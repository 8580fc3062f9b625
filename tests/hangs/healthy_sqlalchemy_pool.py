"""SQLAlchemy: two tasks share an engine with one connection; one waits while the other works with it for a while."""
import asyncio, os, signal, tempfile
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
signal.alarm(900)


async def worker(engine, number):
    while True:
        async with engine.connect() as conn:
            await conn.execute(text("select :n"), {"n": number})
            await asyncio.sleep(1)


async def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "work.db")
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0, pool_timeout=None)
        asyncio.get_running_loop().call_later(1.3, lambda: print("READY", flush=True))
        await asyncio.gather(*(asyncio.create_task(worker(engine, n), name=f"worker-{n}") for n in range(2)))


asyncio.run(main())
