"""Nodes of a cluster elect a leader; each term has an event that says when it is over."""
from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import time

signal.alarm(900)


@dataclasses.dataclass
class Term:
    number: int
    leader: str | None = None
    renewed: float = dataclasses.field(default_factory=time.monotonic)
    over: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)


class Election:
    """Stands for the coordination service."""

    def __init__(self, lease: float) -> None:
        self.lease = lease
        self.term = Term(0)

    def campaign(self, node: str) -> bool:
        """Whether that node leads from now on."""
        if self.term.leader is None:
            self.term.leader, self.term.renewed = node, time.monotonic()
        return self.term.leader == node

    def renew(self, node: str) -> None:
        if self.term.leader == node:
            self.term.renewed = time.monotonic()

    def _next_term(self) -> None:
        self.term = Term(self.term.number + 1)

    def resign(self, node: str) -> None:
        if self.term.leader == node:
            self.term.over.set()
            self._next_term()

    async def expire_leases(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            if self.term.leader and time.monotonic() - self.term.renewed > self.lease:
                self.term.over.set()
                self._next_term()


class Node:
    def __init__(self, name: str, election: Election) -> None:
        self.name, self.election = name, election
        self.led = self.followed = 0

    async def _lead(self) -> None:
        """Two kinds of leaders: some break down, some go for maintenance in good order."""
        for _ in range(3):
            await asyncio.sleep(0.3)
            self.election.renew(self.name)
        self.led += 1
        if self.led % 2:
            await asyncio.sleep(self.election.lease + 0.5)       # does not renew: breaks down
        else:
            self.election.resign(self.name)

    async def _follow(self, term: Term) -> None:
        await term.over.wait()
        self.followed += 1

    async def run(self) -> None:
        while True:
            term = self.election.term
            if self.election.campaign(self.name):
                await self._lead()
                await asyncio.sleep(0.1)                     # the others first
            elif term.leader is not None:
                await self._follow(term)


class ReadReplica:
    """Answers queries, whoever leads."""

    def __init__(self) -> None:
        self.queries = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            self.queries += 1


async def main() -> None:
    election = Election(lease=0.8)
    nodes = [Node(name, election) for name in ("node-a", "node-b", "node-c")]
    asyncio.get_running_loop().call_later(12, lambda: print("READY", os.getpid(), flush=True))
    async with asyncio.TaskGroup() as tg:
        tg.create_task(ReadReplica().run(), name="read-replica")
        tg.create_task(election.expire_leases(), name="lease-expiry")
        for node in nodes:
            tg.create_task(node.run(), name=node.name)


asyncio.run(main())
