# Agent runtime: tasks keep a database session while they work; a lease heartbeat writes to the same database.
import asyncio
import os
import signal
import tempfile
import threading

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

signal.alarm(900)
path = os.path.join(tempfile.mkdtemp(), "runtime.db")
engine = create_engine(f"sqlite:///{path}", poolclass=QueuePool, pool_size=2, max_overflow=0, pool_timeout=3600)


def prepare():
    with engine.begin() as connection:
        connection.execute(text("create table lease (task int, beat int)"))
        connection.execute(text("create table step (task int, name text)"))


async def ask_model(prompt):
    await asyncio.sleep(2.0)
    return prompt.upper()


async def execute(number):
    while True:
        with Session(engine) as session:
            session.execute(text("select count(*) from step where task = :t"), {"t": number}).scalar()
            answer = await ask_model(f"step of {number}")
        await asyncio.sleep(0.5)


class Lease:
    def __init__(self):
        self.beats = 0

    def write(self):
        with engine.connect() as connection:
            connection.execute(text("select max(beat) from lease")).scalar()

    async def keep(self):
        while True:
            await asyncio.sleep(0.8)
            self.write()
            self.beats += 1


async def main():
    prepare()
    lease = Lease()
    async with asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(execute(number), name=f"execute-{number}")
        group.create_task(lease.keep(), name="lease")


ready = threading.Timer(2, lambda: print("READY", flush=True))
ready.daemon = True
ready.start()
asyncio.run(main())
