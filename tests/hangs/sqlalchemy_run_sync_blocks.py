"""SQLAlchemy: run_sync() runs a plain function in the loop's thread, and that waits for an event for ever."""
import asyncio, signal, threading
from sqlalchemy.ext.asyncio import create_async_engine
signal.alarm(900)
exported = threading.Event()


def export(conn):
    print("READY", flush=True)
    exported.wait()  # bug: blocks the loop


async def backup(engine):
    async with engine.connect() as conn:
        await conn.run_sync(export)


async def heartbeat():
    while True:
        await asyncio.sleep(0.05)


async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    beat = asyncio.create_task(heartbeat(), name="heartbeat")
    await asyncio.create_task(backup(engine), name="backup")
    beat.cancel()


asyncio.run(main())
