"""SQLAlchemy: an engine with one connection; who has it asks for a second one through a helper."""
import asyncio, os, signal, tempfile
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
signal.alarm(900)


async def log(engine, message):
    async with engine.connect() as conn:  # bug: must be given the caller's connection
        await conn.execute(text("select :m"), {"m": message})


async def transfer(engine):
    async with engine.connect() as conn:
        await conn.execute(text("select 1"))
        await log(engine, "transfer")


async def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bank.db")
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}", pool_size=1, max_overflow=0, pool_timeout=None)
        task = asyncio.create_task(transfer(engine), name="transfer")
        asyncio.get_running_loop().call_later(1.5, lambda: print("READY", flush=True))
        await task


asyncio.run(main())
