"""Automation service: rules are kept in SQLite, a commit hook keeps the cache of triggers up to date."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import threading
from collections.abc import Coroutine
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

signal.alarm(900)


class Base(DeclarativeBase):
    pass


class Rule(Base):
    __tablename__ = "rules"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)


class SideLoop:
    """An event loop in a thread of its own, so that synchronous code can call coroutines."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="run-sync", daemon=True).start()

    def call(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coro, self.loop).result()


@dataclasses.dataclass
class Trigger:
    rule: str
    checks: int = 0


class TriggerCache:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.triggers: dict[str, Trigger] = {}

    async def rule_changed(self, name: str) -> None:
        async with self.lock:
            self.triggers[name] = Trigger(name)

    async def reconcile(self) -> None:
        async with self.lock:
            for trigger in list(self.triggers.values()):
                await self._check(trigger)

    async def _check(self, trigger: Trigger) -> None:
        await asyncio.sleep(0.3)
        trigger.checks += 1


class RuleStore:
    def __init__(self, cache: TriggerCache, side: SideLoop) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        self.cache, self.side = cache, side
        self.saved = 0
        Base.metadata.create_all(self.engine)

    def add(self, name: str) -> None:
        with Session(self.engine) as session:
            event.listen(session, "after_commit", lambda _: self._announce(name))
            session.add(Rule(name=name))
            session.commit()
        self.saved += 1

    def _announce(self, name: str) -> None:
        self.side.call(self.cache.rule_changed(name))


class Api:
    def __init__(self, store: RuleStore) -> None:
        self.store = store

    async def post_rules(self) -> None:
        n = 0
        while True:
            self.store.add(f"rule-{n % 8}")
            n += 1
            await asyncio.sleep(0.45)


async def evaluation(cache: TriggerCache) -> None:
    while True:
        await asyncio.sleep(1)
        await cache.reconcile()


async def metrics(store: RuleStore) -> None:
    while True:
        await asyncio.sleep(0.5)
        gauges["rules_saved"] = store.saved


gauges: dict[str, int] = {}


async def main() -> None:
    cache = TriggerCache()
    store = RuleStore(cache, SideLoop())
    async with asyncio.TaskGroup() as tg:
        tg.create_task(evaluation(cache), name="evaluation")
        tg.create_task(Api(store).post_rules(), name="api")
        tg.create_task(metrics(store), name="metrics")


ready = threading.Timer(5, lambda: print("READY", os.getpid(), flush=True))
ready.daemon = True
ready.start()
asyncio.run(main())
