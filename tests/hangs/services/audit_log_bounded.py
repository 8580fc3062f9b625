"""An audit log for a service on asyncio: records come from the loop and from threads, a task writes them down in batches."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import queue
import signal
import threading
import time

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Record:
    actor: str
    action: str
    at: float = dataclasses.field(default_factory=time.time)


class AuditStore:
    def __init__(self) -> None:
        self.rows = 0

    async def insert(self, batch: list[Record]) -> None:
        await asyncio.sleep(0.02)
        self.rows += len(batch)


class AuditLog:
    """A queue of threads, since records must not get lost and come from everywhere."""

    def __init__(self, store: AuditStore, size: int = 64) -> None:
        self.store = store
        self._records: queue.Queue[Record] = queue.Queue(maxsize=size)

    def write(self, actor: str, action: str) -> None:
        self._records.put(Record(actor, action))

    def _drain(self) -> list[Record]:
        batch: list[Record] = []
        while True:
            try:
                batch.append(self._records.get_nowait())
            except queue.Empty:
                return batch

    async def flush_forever(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            if batch := self._drain():
                await self.store.insert(batch)


class UserAdmin:
    def __init__(self, audit: AuditLog) -> None:
        self.audit = audit
        self.users: dict[str, str] = {}

    async def grant(self, user: str, role: str) -> None:
        await asyncio.sleep(0.05)
        self.users[user] = role
        self.audit.write("admin", f"{user} is {role}")

    async def import_csv(self, rows: list[tuple[str, str]]) -> int:
        await asyncio.sleep(0.1)
        for user, role in rows:
            self.users[user] = role
            self.audit.write("csv-import", f"{user} is {role}")
        return len(rows)


class NightlyImport:
    def __init__(self, admin: UserAdmin) -> None:
        self.admin, self.imported = admin, 0

    async def run(self) -> None:
        for size in (10, 40, 150, 30, 150, 60) * 1000:
            await asyncio.sleep(1)
            self.imported += await self.admin.import_csv([(f"user{n}", "reader") for n in range(size)])


async def helpdesk(admin: UserAdmin) -> None:
    while True:
        await admin.grant("eve", "editor")
        await asyncio.sleep(0.3)


class DoorTerminal(threading.Thread):
    """Not on the loop: the doors of the building are audited, too."""

    def __init__(self, audit: AuditLog) -> None:
        super().__init__(name="door-terminal", daemon=True)
        self.audit = audit

    def run(self) -> None:
        for opened in range(10**9):
            time.sleep(0.5)
            if opened % 4 == 3:
                self.audit.write("door", "opened")


def announce() -> None:
    print("READY", os.getpid(), flush=True)


async def main() -> None:
    audit = AuditLog(AuditStore())
    admin = UserAdmin(audit)
    DoorTerminal(audit).start()
    timer = threading.Timer(6, announce)
    timer.daemon = True
    timer.start()
    async with asyncio.TaskGroup() as tg:
        tg.create_task(audit.flush_forever(), name="audit-flush")
        tg.create_task(helpdesk(admin), name="helpdesk")
        tg.create_task(NightlyImport(admin).run(), name="nightly-import")


asyncio.run(main())
