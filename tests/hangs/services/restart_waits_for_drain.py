"""A job server that starts itself anew whenever its configuration changes; jobs are drained by a thread."""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import queue
import signal
import threading
import time

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Config:
    generation: int
    lifetime: float = 3.0
    interval: float = 0.2


@dataclasses.dataclass
class Job:
    number: int
    payload: str


class JobLog:
    """Synchronous storage, hence the thread."""

    def __init__(self) -> None:
        self.written = 0

    def write(self, job: Job) -> None:
        time.sleep(0.02)
        self.written += 1


class Drain:
    def __init__(self, log: JobLog) -> None:
        self.log = log
        self.jobs: queue.Queue[Job | None] = queue.Queue()

    def submit(self, job: Job) -> None:
        self.jobs.put(job)

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            self.log.write(job)


class Server:
    def __init__(self, config: Config, log: JobLog) -> None:
        self.config, self.drain = config, Drain(log)

    async def produce(self) -> None:
        n = 0
        while True:
            self.drain.submit(Job(n, f"generation {self.config.generation}"))
            n += 1
            await asyncio.sleep(self.config.interval)

    async def serve(self) -> None:
        tasks = [
            asyncio.create_task(asyncio.to_thread(self.drain.run), name="drain"),
            asyncio.create_task(self.produce(), name="producer"),
        ]
        await self._config_changed()
        await self._stop(tasks)

    async def _config_changed(self) -> None:
        await asyncio.sleep(self.config.lifetime)

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


def run_once(server: Server) -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.serve())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


class Supervisor:
    def __init__(self) -> None:
        self.log = JobLog()
        self.starts = 0

    def run(self) -> None:
        while True:
            self.starts += 1
            server = Server(Config(self.starts), self.log)
            run_once(server)


class Metrics(threading.Thread):
    def __init__(self, supervisor: Supervisor) -> None:
        super().__init__(name="metrics", daemon=True)
        self.supervisor = supervisor

    def run(self) -> None:
        for tick in range(10**9):
            time.sleep(1)
            self.gauge = (self.supervisor.starts, self.supervisor.log.written)
            if tick == 4:
                print("READY", os.getpid(), flush=True)


supervisor = Supervisor()
Metrics(supervisor).start()
supervisor.run()
